-- SPDX-License-Identifier: Apache-2.0
-- Sends requests for wrk: METHOD PATHS MEDIA-TYPE BODY TOKENS, where the first line of the file BODY is what each sends
-- and PATHS a file of paths to draw from. COUNTER in a body is another text each time; such bodies go to the paths in
-- turn, so that no two meet at one. So do access tokens, if the file TOKENS has any: each request has the next one.
-- Tells the figures as JSON.

local METHOD, MEDIA_TYPE, BODY
local run = os.time()
local sent = 0
local paths, tokens, ready = {}, {}, {}

function init(args)
  METHOD, MEDIA_TYPE = args[1], args[3]
  for path in io.lines(args[2]) do paths[#paths + 1] = path end
  for line in io.lines(args[4]) do BODY = line end
  for token in io.lines(args[5]) do tokens[#tokens + 1] = token end
  wrk.headers["Content-Type"] = BODY and MEDIA_TYPE or nil
  if #tokens > 0 then
    for place = 0, math.max(#paths, #tokens) - 1 do
      wrk.headers["Authorization"] = "Bearer " .. tokens[place % #tokens + 1]
      ready[place + 1] = wrk.format(METHOD, paths[place % #paths + 1], nil, BODY)
    end
  elseif not (BODY and BODY:find("COUNTER", 1, true)) then
    for place, path in ipairs(paths) do ready[place] = wrk.format(METHOD, path, nil, BODY) end
  end
  math.randomseed(run)
end

function request()
  if #ready > 0 and #tokens == 0 then return ready[math.random(#ready)] end
  sent = sent + 1
  if #ready > 0 then return ready[(sent - 1) % #ready + 1] end
  local body = BODY:gsub("COUNTER", string.format("%d-%d", run, sent))
  return wrk.format(METHOD, paths[sent % #paths + 1], nil, body)
end

function done(summary, latency)
  local told = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "refused": %d, "broken": %d, "late": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    told.status, told.connect + told.read + told.write, told.timeout))
end
