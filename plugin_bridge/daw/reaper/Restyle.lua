-- Restyle for Reaper: the selected items, played by another instrument.
--
-- Written by `restyle install-daw reaper`. The lines that end with --@ are filled in then.
local PRESETS = { {"violin", "Violin", "Strings"} } --@presets
local RESTYLE = "restyle" --@restyle

local ENGINES = { "sampler", "infinite", "random_cnn_1d", "random_cnn_2d", "vgg19", "vggish", "cnn14" }
local CHAINS = "Chains" -- the family of chains
local USUAL, OTHERS = 1.0, 0.5 -- strengths: of the first engine, and of the others

local FOLDER = select(2, reaper.get_action_context()):match("^(.*[/\\])") or ""
local core = dofile(FOLDER .. "restyle_core.lua")
local jobs = dofile(FOLDER .. "restyle_jobs.lua")
local items = dofile(FOLDER .. "restyle_items.lua")

local WINDOWS = reaper.GetOS():match("^Win") ~= nil
local WIDTH, HEIGHT, MARGIN, LINE = 400, 320, 16, 20
local STYLE_LENGTH = 60 -- bytes of a clip's name in the name of a result
local ESCAPE, CLOSED = 27, -1
local YES_NO, NO = 4, 7
local IN_BACKGROUND, MINIMISED = -1, -2 -- neither waits; Windows would open a console otherwise

local view = { preset = PRESETS[1][1], clip = "", engine = ENGINES[1], strength = USUAL }
view.told, view.mouse = {}, false
local run = nil -- what is under way: {project, entries, set, chosen, style, label, todo}
local closing = false

-- Work ----------------------------------------------------------------------------------------

local function find_preset(name)
  for _, preset in ipairs(PRESETS) do
    if preset[1] == name then
      return preset
    end
  end
  return nil
end

-- What is chosen, for the jobs. A chain has a strength and an engine of its own: those that are as
-- they always are in the window are left to it.
local function chosen()
  local chain = view.clip == "" and find_preset(view.preset)[3] == CHAINS
  return {
    preset = view.preset,
    clip = view.clip,
    engine = not (chain and view.engine == ENGINES[1]) and view.engine or nil,
    strength = not (chain and view.strength == USUAL) and view.strength or nil,
  }
end

-- What the chosen style is called in the window.
local function label()
  return view.clip ~= "" and core.stem(view.clip, WINDOWS) or find_preset(view.preset)[2]
end

-- What it is called in the name of a result.
local function style()
  local name = view.clip ~= "" and core.plain(core.stem(view.clip, WINDOWS)) or view.preset
  return core.shorten(name, STYLE_LENGTH)
end

local function folder(path)
  reaper.RecursiveCreateDirectory(path, 0)
  return path
end

local function exists(path)
  return reaper.file_exists(path)
end

-- Begin with the selected items, or say why not. Nothing has been done yet when this returns.
local function begin()
  view.told = {}
  if not exists(RESTYLE) then
    view.told = { "There is no program " .. RESTYLE .. ": run restyle install-daw reaper in a "
      .. "terminal, and load the script again." }
    return
  end
  local entries, problem = items.selected()
  if not entries or #entries == 0 then
    view.told = { problem or "No item is selected: select one or more in the arrange view." }
    return
  end
  for _, key in ipairs({ "preset", "clip", "engine", "strength" }) do
    reaper.SetExtState("Restyle", key, tostring(view[key]), true)
  end
  local tools = {
    core = core,
    restyle = RESTYLE,
    windows = WINDOWS,
    folder = folder(core.join(reaper.GetResourcePath(), "Data", WINDOWS)),
    clock = reaper.time_precise,
    run = function(line)
      return reaper.ExecProcess(line, WINDOWS and MINIMISED or IN_BACKGROUND)
    end,
    id = function()
      return "reaper-" .. reaper.genGuid(""):gsub("[^%w-]", "")
    end,
  }
  run = {
    project = reaper.EnumProjects(-1, ""),
    media = folder(core.join(reaper.GetProjectPath(""), "Restyle", WINDOWS)),
    entries = entries,
    chosen = chosen(),
    style = style(),
    label = label(),
    set = jobs.new(tools),
    by_file = {},
    names = {},
    todo = 1,
  }
end

-- A job for the next item; one that has to be rendered is rendered first.
local function prepare(entry)
  local input, stem = entry.file, nil
  if input then
    stem = core.stem(input, WINDOWS)
  else
    local problem
    stem = core.plain(entry.name)
    input, problem = items.render(entry.item, run.media, stem .. " " .. run.set.tools.id())
    if not input then
      return problem
    end
    entry.rendered = input
  end
  local job = run.by_file[input]
  if not job then
    local output = core.free_name(run.media, stem, run.style, WINDOWS, function(path)
      return run.names[path] or exists(path)
    end)
    run.names[output] = true
    job = jobs.add(run.set, input, output, run.chosen)
    run.by_file[input] = job
  end
  entry.job = job
  return nil
end

local function plural(count, word)
  return count .. " " .. word .. (count == 1 and "" or "s")
end

-- What the run came to: results into the project, and what to tell.
local function conclude()
  local results, told, failed = {}, {}, {}
  if run.problem or run.cancelled then
    jobs.discard(run.set)
    told = { run.problem or "Cancelled. Nothing was changed." }
  else
    for _, entry in ipairs(run.entries) do
      local job = entry.job
      if job.state == "done" then
        results[#results + 1] = { entry = entry, file = job.output, label = run.style }
      elseif not failed[job] then
        failed[job] = true
        local message = job.state == "cancelled" and "it was cancelled." or job.message
        told[#told + 1] = entry.name .. ": " .. message
      end
    end
    if #results > 0 then
      if run.project == reaper.EnumProjects(-1, "") then
        local count, problems = items.insert(results)
        table.move(problems, 1, #problems, #told + 1, told)
        if count > 0 then
          table.insert(told, 1, "Done: " .. plural(count, "item") .. ".")
        end
      else
        told = { "The project is not in front any more. The results are in " .. run.media .. "." }
      end
    end
  end
  for _, entry in ipairs(run.entries) do
    if entry.rendered then
      os.remove(entry.rendered)
    end
  end
  run, view.told = nil, told
end

local function cancel()
  run.cancelled = true
  run.todo = #run.entries + 1
  jobs.cancel(run.set)
end

-- One step of what is under way; no step waits, but Reaper does while it renders.
local function work()
  if not run then
    return
  end
  local entry = run.entries[run.todo]
  if not entry then
    jobs.poll(run.set)
    if jobs.ended(run.set) then
      conclude()
    end
  elseif entry.file or run.announced == run.todo then
    run.problem = prepare(entry)
    run.todo = run.problem and #run.entries + 1 or run.todo + 1
    if run.problem then
      jobs.cancel(run.set)
    end
  else
    run.announced = run.todo -- the window says so first
  end
end

-- The window ----------------------------------------------------------------------------------

local function open()
  gfx.init("Restyle", WIDTH, HEIGHT)
  gfx.setfont(1, "Arial", 16)
end

local function write(text, x, y)
  gfx.set(0.9, 0.9, 0.9)
  gfx.x, gfx.y = x, y
  gfx.drawstr(text)
end

local function over(x, y, w, h)
  return gfx.mouse_x >= x and gfx.mouse_x < x + w and gfx.mouse_y >= y and gfx.mouse_y < y + h
end

local function button(text, x, y, w)
  local h = LINE + 8
  gfx.set(0.3, 0.3, 0.35)
  gfx.rect(x, y, w, h, 1)
  write(text, x + 8, y + 6)
  return view.pressed and over(x, y, w, h)
end

local function bar(part, x, y, w)
  gfx.set(0.2, 0.2, 0.2)
  gfx.rect(x, y, w, LINE, 1)
  gfx.set(0.3, 0.55, 0.8)
  gfx.rect(x, y, w * part, LINE, 1)
end

local function choose_preset()
  local menu, names = core.menu(PRESETS, view.clip == "" and view.preset or nil)
  gfx.x, gfx.y = MARGIN + 80, 3 * LINE
  local name = names[gfx.showmenu(menu)]
  if name then
    view.preset, view.clip = name, ""
  end
end

local function choose_clip()
  local chosen, path = reaper.GetUserFileNameForRead(view.clip, "Restyle: a clip of your own", "")
  view.clip = chosen and path or view.clip
end

local function choose_engine()
  gfx.x, gfx.y = MARGIN + 80, 7 * LINE
  local engine = ENGINES[gfx.showmenu(core.words(ENGINES, view.engine))]
  if engine and engine ~= view.engine then
    view.engine, view.strength = engine, engine == ENGINES[1] and USUAL or OTHERS
  end
end

local function draw_settings(wide)
  local count = reaper.CountSelectedMediaItems(0)
  write(count == 0 and "Select one or more items." or plural(count, "item") .. " selected",
    MARGIN, MARGIN)
  local x, y = MARGIN + 80, 2 * LINE + 8
  write(view.clip ~= "" and "Clip" or "Preset", MARGIN, y + 6)
  if button(label(), x, y, wide - 80) then
    choose_preset()
  end
  if button("or a clip of your own …", x, y + 32, wide - 80) then
    choose_clip()
  end
  write("Engine", MARGIN, y + 70)
  if button(view.engine, x, y + 64, wide - 80) then
    choose_engine()
  end
  y = y + 102
  write("Strength", MARGIN, y)
  local w = wide - 130
  bar(view.strength, x, y, w)
  write(("%.2f"):format(view.strength), x + w + 12, y)
  if view.pressed and over(x, y, w, LINE) then
    view.sliding = true
  end
  if view.sliding then
    local part = math.min(math.max((gfx.mouse_x - x) / w, 0), 1)
    view.strength = math.floor(part * 100 + 0.5) / 100
  end
  if button("Start", MARGIN, y + 32, 80) then
    begin()
  end
end

local function draw_run(wide)
  local part, stage = jobs.progress(run.set)
  if run.cancelled then
    stage = "stopping"
  elseif run.todo <= #run.entries then
    stage = run.entries[run.todo].file and "sending" or "Reaper renders an item"
  end
  local strength = run.chosen.strength and (", strength %.2f"):format(run.chosen.strength) or ""
  write(run.label .. strength, MARGIN, MARGIN)
  bar(part, MARGIN, 3 * LINE, wide)
  write(("%d %%: %s"):format(math.floor(part * 100), stage), MARGIN, 4 * LINE + 6)
  if not run.cancelled and button("Cancel", MARGIN, 6 * LINE, 80) then
    cancel()
  end
end

local function draw()
  local wide = math.max(gfx.w - 2 * MARGIN, 200)
  local down = gfx.mouse_cap & 1 == 1
  view.pressed, view.mouse = down and not view.mouse, down
  view.sliding = view.sliding and down
  gfx.set(0.15, 0.15, 0.15)
  gfx.rect(0, 0, gfx.w, gfx.h, 1)
  if run then
    draw_run(wide)
  else
    draw_settings(wide)
  end
  local y = 11 * LINE
  for _, text in ipairs(view.told) do
    for _, line in ipairs(core.wrap(text, wide, gfx.measurestr)) do
      write(line, MARGIN, y)
      y = y + LINE
    end
  end
  gfx.update()
end

-- Whether the user wants to leave although something is under way.
local function leave()
  return not run or run.cancelled
    or reaper.MB("Restyle is still working. Stop it?", "Restyle", YES_NO) ~= NO
end

local function step()
  if not closing then
    local key = gfx.getchar()
    if key == CLOSED or key == ESCAPE then
      if leave() then
        closing = true
        gfx.quit()
        if run and not run.cancelled then
          cancel()
        end
      elseif key == CLOSED then
        open()
      end
    end
  end
  work()
  if not closing then
    draw()
  end
  if run or not closing then
    reaper.defer(step)
  end
end

-- However the script ends, no job goes on for nobody.
reaper.atexit(function()
  if run and not run.cancelled then
    cancel()
  end
end)

local remembered = reaper.GetExtState("Restyle", "preset")
view.preset = find_preset(remembered) and remembered or view.preset
local clip, engine = reaper.GetExtState("Restyle", "clip"), reaper.GetExtState("Restyle", "engine")
view.clip = clip ~= "" and exists(clip) and clip or ""
for _, known in ipairs(ENGINES) do
  view.engine = known == engine and engine or view.engine
end
local strength = tonumber(reaper.GetExtState("Restyle", "strength"))
view.strength = strength and strength >= 0 and strength <= 1 and strength or view.strength
open()
step()
