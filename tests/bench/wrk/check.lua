-- Requests for wrk, one for each line of a file of Cookie headers, and its figures as one line of JSON.
--
--   wrk … -s check.lua URL -- COOKIES HOST random|each
--
-- random: any of them. each: all of them in turn, again and again; after the first time the file COOKIES.done is made,
-- because a script cannot end wrk. For one thread.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

local requests = {}

local function each(done)
  local next_request = 0
  return function()
    next_request = next_request + 1
    if next_request > #requests then
      io.open(done, "w"):close()
      next_request = 1
    end
    return requests[next_request]
  end
end

local function any()
  local random, count = math.random, #requests
  math.randomseed(os.time() * 64 + number)
  return function() return requests[random(count)] end
end

function init(args)
  local cookies, host, order = args[1], args[2], args[3]
  -- By hand: wrk.format() takes ten times as long, and there may be a million.
  local head = string.format("GET %s HTTP/1.1\r\nHost: %s\r\nCookie: ", wrk.path, host)
  for cookie in io.lines(cookies) do
    requests[#requests + 1] = head .. cookie .. "\r\n\r\n"
  end
  request = order == "each" and each(cookies .. ".done") or any()
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"max":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
