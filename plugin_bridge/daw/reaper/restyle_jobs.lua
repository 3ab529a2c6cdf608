-- Restyle for Reaper, jobs: starts `restyle send` in the background and reads what it reports.
--
-- Nothing here waits. A job's command keeps a small status file up to date; `poll` reads it.

local jobs = {}

local AT_ONCE = 4 -- commands that run at a time; the others wait for a place
local EVERY = 0.1 -- seconds between two looks at the status files
local START = 60 -- seconds in which a command must have written its status file
local START_DOUBTED = 15 -- the same, where Reaper gave no sign of having started it
local CANCEL_EVERY, CANCEL_FOR = 3, 15 -- seconds

local ENDED = { done = true, failed = true, cancelled = true }

-- A set of jobs. `tools` has: core, restyle (the command's path), windows, folder (for the status
-- files), clock, run (takes a command line, returns nil if it may not have started), id (a new one).
function jobs.new(tools)
  return { tools = tools, list = {}, looked = -1 }
end

-- Add a job; it starts with the next `poll`. `chosen` has preset, or else clip (a path), engine
-- and strength. Returned with what becomes of it: state, progress, stage, message.
function jobs.add(set, input, output, chosen)
  local job = { id = set.tools.id(), input = input, output = output, chosen = chosen }
  job.status = set.tools.core.join(set.tools.folder, job.id .. ".json", set.tools.windows)
  job.state, job.progress, job.stage, job.message = "waiting", 0, "", ""
  table.insert(set.list, job)
  return job
end

-- Run a `restyle` command: why it cannot be, or nil and whether Reaper gave a sign that it runs.
local function run(set, ...)
  local line, reason = set.tools.core.command({ set.tools.restyle, ... }, set.tools.windows)
  if not line then
    return reason
  end
  return nil, set.tools.run(line) ~= nil
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local text = file:read("a")
  file:close()
  return text
end

-- The server's note beside the result, if it is about this job.
local function remove_note(set, job)
  local path = job.output .. ".json"
  -- What the result is made of is an object of its own, which the parser of flat ones refuses.
  local text = (read(path) or ""):gsub('"made_of"%s*:%s*%b{}', '"made_of": null')
  local note = set.tools.core.parse(text)
  if note and note.job == job.id then
    os.remove(path)
  end
end

local function finish(set, job, state, message)
  job.state, job.message = state, message or ""
  os.remove(job.status)
  remove_note(set, job)
end

local function start(set, job)
  local chosen = job.chosen
  local option, style = "--preset", chosen.preset
  if chosen.clip ~= "" then
    option, style = "--style", chosen.clip
  end
  os.remove(job.status)
  job.state, job.since = "sending", set.tools.clock()
  local words = { "send", job.input, job.output, option, style }
  if chosen.strength then
    words[#words + 1], words[#words + 2] = "--strength", (("%.2f"):format(chosen.strength):gsub(",", "."))
  end
  if chosen.engine then
    words[#words + 1], words[#words + 2] = "--engine", chosen.engine
  end
  for _, word in ipairs({ "--job", job.id, "--status", job.status, "--quiet" }) do
    words[#words + 1] = word
  end
  local reason, sign = run(set, table.unpack(words))
  if reason then
    finish(set, job, "failed", reason)
  end
  job.patience = sign and START or START_DOUBTED
end

local function look(set, job, now)
  local text = read(job.status)
  local status = text and set.tools.core.status(text)
  if status then
    job.seen = true
    if status.state == "done" then
      finish(set, job, "done")
      if job.cancelling then
        jobs.discard({ tools = set.tools, list = { job } })
      end
    elseif ENDED[status.state] then
      local cancelled = job.cancelling or status.state == "cancelled"
      finish(set, job, cancelled and "cancelled" or "failed",
        not cancelled and set.tools.core.explain(status) or nil)
    else
      job.state, job.progress, job.stage = status.state, status.progress, status.stage
    end
  elseif not job.seen and not job.cancelling and now - job.since > job.patience then
    finish(set, job, "failed", "Restyle did not start: run " .. set.tools.restyle
      .. " --help in a terminal to see why, or restyle install-daw reaper again.")
  end
  if not ENDED[job.state] and job.cancelling then
    if now - job.cancelling > CANCEL_FOR then
      finish(set, job, "cancelled")
    elseif now - job.asked > CANCEL_EVERY then
      job.asked = now -- asked before the server had the job, or the datagram was lost
      run(set, "cancel", job.id)
    end
  end
end

-- Look how the jobs are, and start those for which there is a place.
function jobs.poll(set)
  local now = set.tools.clock()
  if now - set.looked < EVERY then
    return
  end
  set.looked = now
  local running = 0
  for _, job in ipairs(set.list) do
    if job.state ~= "waiting" and not ENDED[job.state] then
      look(set, job, now)
      running = running + (ENDED[job.state] and 0 or 1)
    end
  end
  for _, job in ipairs(set.list) do
    if job.state == "waiting" and running < AT_ONCE then
      start(set, job)
      running = running + (ENDED[job.state] and 0 or 1)
    end
  end
end

-- Ask that all jobs stop. They have when `ended` says so.
function jobs.cancel(set)
  local now = set.tools.clock()
  for _, job in ipairs(set.list) do
    if job.state == "waiting" then
      finish(set, job, "cancelled")
    elseif not ENDED[job.state] and not job.cancelling then
      job.cancelling, job.asked = now, now
      run(set, "cancel", job.id)
    end
  end
end

-- Remove what the jobs have made, done ones too.
function jobs.discard(set)
  for _, job in ipairs(set.list) do
    if job.state == "done" then
      job.state = "cancelled"
      os.remove(job.output)
    end
  end
end

function jobs.ended(set)
  for _, job in ipairs(set.list) do
    if not ENDED[job.state] then
      return false
    end
  end
  return true
end

-- How much of all jobs is done, 0 to 1, and what is being done.
function jobs.progress(set)
  local sum, stage, waiting = 0, nil, false
  for _, job in ipairs(set.list) do
    sum = sum + (ENDED[job.state] and 1 or job.progress)
    if job.state == "running" then
      stage = stage or job.stage
    elseif job.state == "queued" then
      waiting = true
    end
  end
  local told = stage ~= "" and stage or (stage and "restyling")
  return #set.list > 0 and sum / #set.list or 0,
    told or (waiting and "waiting in the queue") or "sending"
end

return jobs
