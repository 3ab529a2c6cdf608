-- Restyle for Reaper, the part that needs no Reaper: command lines, status files, names, menus.

local core = {}

-- Command lines -------------------------------------------------------------------------------

-- Reaper on macOS and Linux runs no shell. It splits the line at spaces and knows three quotes;
-- nothing can be escaped inside them, so the one to use is one that the argument does not have.
local function quote_unix(argument)
  for _, mark in ipairs({ "'", '"', "`" }) do
    if not argument:find(mark, 1, true) then
      return mark .. argument .. mark
    end
  end
  return nil
end

-- As CommandLineToArgvW reads it: backslashes count only before a quote, where they are doubled.
local function quote_windows(argument)
  local doubled = argument:gsub('(\\*)"', '%1%1\\"'):gsub("(\\+)$", "%1%1")
  return '"' .. doubled .. '"'
end

-- One argument as it stands on a command line; nil and the reason if it cannot stand there.
function core.quote(argument, windows)
  local quoted
  if not argument:find("%c") then
    quoted = windows and quote_windows(argument) or (not windows and quote_unix(argument))
  end
  if not quoted then
    return nil, "This name cannot be passed to another program: rename it. " .. argument
  end
  return quoted
end

-- A whole command line; nil and the reason if an argument cannot stand there.
function core.command(arguments, windows)
  local quoted = {}
  for i, argument in ipairs(arguments) do
    local reason
    quoted[i], reason = core.quote(argument, windows)
    if not quoted[i] then
      return nil, reason
    end
  end
  return table.concat(quoted, " ")
end

-- Status files --------------------------------------------------------------------------------

local ESCAPES = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/",
  b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}

-- The string whose opening quote is at `at`, and where it ends; nil if it is not one.
local function read_string(text, at)
  local parts, i = {}, at + 1
  while true do
    local plain, mark = text:match('^([^"\\%c]*)(["\\])', i)
    if not plain then
      return nil
    end
    parts[#parts + 1] = plain
    i = i + #plain + 1
    if mark == '"' then
      return table.concat(parts), i
    end
    local kind = text:sub(i, i)
    if kind == "u" then
      local code = text:match("^u(%x%x%x%x)", i)
      if not code then
        return nil
      end
      i, code = i + 5, tonumber(code, 16)
      if code >= 0xDC00 and code <= 0xDFFF then
        return nil -- the second half of a pair without the first
      elseif code >= 0xD800 and code <= 0xDBFF then
        local low = text:match("^\\u([dD][c-fC-F]%x%x)", i)
        if not low then
          return nil
        end
        i = i + 6
        code = 0x10000 + (code - 0xD800) * 0x400 + tonumber(low, 16) - 0xDC00
      end
      parts[#parts + 1] = utf8.char(code)
    elseif ESCAPES[kind] then
      parts[#parts + 1] = ESCAPES[kind]
      i = i + 1
    else
      return nil
    end
  end
end

local WORDS = { ["true"] = true, ["false"] = false, null = "" }

local function read_value(text, at)
  if text:sub(at, at) == '"' then
    return read_string(text, at)
  end
  local word = text:match("^%a+", at)
  if word then
    return WORDS[word], at + #word
  end
  local digits = text:match("^%-?%d+%.?%d*[eE]?[+-]?%d*", at)
  local number = digits and tonumber(digits)
  return number, at + #(digits or "")
end

-- What one flat JSON object says, null being ""; nil if the text is anything else.
function core.parse(text)
  local i, found = text:match("^%s*{%s*()"), {}
  if not i then
    return nil
  end
  if text:match("^}%s*$", i) then
    return found
  end
  while true do
    if text:sub(i, i) ~= '"' then
      return nil
    end
    local key, value
    key, i = read_string(text, i)
    i = key and text:match("^%s*:%s*()", i)
    if not i then
      return nil
    end
    value, i = read_value(text, i)
    if value == nil then
      return nil
    end
    found[key] = value
    local mark, after = text:match("^%s*([,}])%s*()", i)
    if mark == "," then
      i = after
    else
      return mark == "}" and after > #text and found or nil
    end
  end
end

-- What a status file says: {state, progress, stage, out, code, message}; nil if it says nothing
-- that can be read.
function core.status(text)
  local found = core.parse(text)
  if not found or type(found.state) ~= "string" then
    return nil
  end
  local status = { state = found.state, progress = tonumber(found.progress) or 0 }
  for _, key in ipairs({ "stage", "out", "code", "message" }) do
    status[key] = type(found[key]) == "string" and found[key] or ""
  end
  status.progress = math.min(math.max(status.progress, 0), 1)
  return status
end

-- What went wrong, with what can be done about it in Reaper.
function core.explain(status)
  local text = status.message ~= "" and status.message or status.code
  if text == "" then
    text = "Restyle did not say why."
  end
  if status.code == "too_long" then
    text = text .. " Glue the item first (Item > Glue items): then only its part of the file is sent."
  elseif status.code == "outside_root" then
    text = text .. " Start the server with --root and the folder of this project's media files."
      .. " A clip that lies elsewhere needs another --root."
  end
  return text
end

-- Names and paths -----------------------------------------------------------------------------

function core.join(folder, name, windows)
  if folder:match(windows and "[/\\]$" or "/$") then
    return folder .. name
  end
  return folder .. (windows and "\\" or "/") .. name
end

-- A file's name without its folders and its suffix.
function core.stem(path, windows)
  local name = path:match(windows and "[^/\\]*$" or "[^/]*$")
  return name:match("^(.+)%.[^.]*$") or name
end

-- At most `limit` bytes of a text, no character cut in two.
function core.shorten(text, limit)
  while #text > limit do
    text = text:gsub("[\128-\191]*$", ""):gsub(".$", "")
  end
  return text
end

-- A name of an item's as a part of a file's name that no system and no render pattern objects to.
function core.plain(name)
  name = core.shorten(name:gsub("[%c/\\:*?\"'`<>|;$]", "_"), 100):gsub("[ .]+$", "")
  return name ~= "" and name or "item"
end

-- A name for a file made here that no file has: `exists` tells which there are.
function core.free_name(folder, stem, preset, windows, exists)
  stem = core.shorten(stem, 150)
  local number = 1
  while true do
    local last = number > 1 and (" " .. number) or ""
    local path = core.join(folder, stem .. " (" .. preset .. last .. ").wav", windows)
    if not (exists(path) or exists(path .. ".part") or exists(path .. ".json")) then
      return path
    end
    number = number + 1
  end
end

-- The window ----------------------------------------------------------------------------------

-- A label as it can stand in a menu: these signs have a meaning there.
local function menu_text(label)
  return (label:gsub("[|&]", "/"):gsub("^[#!<>]", " %0"))
end

-- All presets as a menu for gfx.showmenu, and their names in the order in which it numbers them.
-- A preset is {name, label, family}; a family is a submenu.
function core.menu(presets, chosen)
  local families, members = {}, {}
  for _, preset in ipairs(presets) do
    local family = preset[3]
    if not members[family] then
      families[#families + 1], members[family] = family, {}
    end
    table.insert(members[family], preset)
  end
  local fields, names = {}, {}
  for _, family in ipairs(families) do
    fields[#fields + 1] = ">" .. menu_text(family)
    for i, preset in ipairs(members[family]) do
      local last = i == #members[family] and "<" or ""
      local tick = preset[1] == chosen and "!" or ""
      fields[#fields + 1] = last .. tick .. menu_text(preset[2])
      names[#names + 1] = preset[1]
    end
  end
  return table.concat(fields, "|"), names
end

-- Words as a menu, one of them ticked.
function core.words(words, chosen)
  local fields = {}
  for i, word in ipairs(words) do
    fields[i] = (word == chosen and "!" or "") .. menu_text(word)
  end
  return table.concat(fields, "|")
end

-- The text in lines no wider than `width`, as `measure` has it; a longer word is a line.
function core.wrap(text, width, measure)
  local lines = {}
  for paragraph in (text .. "\n"):gmatch("(.-)\n") do
    local line = ""
    for word in paragraph:gmatch("%S+") do
      local longer = line == "" and word or (line .. " " .. word)
      if line ~= "" and measure(longer) > width then
        lines[#lines + 1] = line
        line = word
      else
        line = longer
      end
    end
    lines[#lines + 1] = line
  end
  return lines
end

return core
