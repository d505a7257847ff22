-- SPDX-License-Identifier: Apache-2.0
-- Sends creates for wrk: PATH BODIES, where each request has the next line of the file BODIES. Tells the figures as
-- requests.lua does.

local path
local bodies, sent = {}, 0

function init(args)
  path = args[1]
  for line in io.lines(args[2]) do bodies[#bodies + 1] = line end
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  sent = sent + 1
  return wrk.format("POST", path, nil, bodies[(sent - 1) % #bodies + 1])
end

function done(summary, latency)
  local told = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "refused": %d, "broken": %d, "late": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    told.status, told.connect + told.read + told.write, told.timeout))
end
