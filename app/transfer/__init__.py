# SPDX-License-Identifier: Apache-2.0
"""Resources in and out as files: imports that can be stopped and go on, and exports at constant memory."""
