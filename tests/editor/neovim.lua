-- What a person does in Neovim, with its own client; says one line of JSON for each step. The server's command stands in `POLICYC_LSP`.
local patience = 60000
local function say(step, value)
  io.stdout:write(vim.fn.json_encode({ step, value }) .. "\n")
end
local settings = { name = "policyc", cmd = vim.fn.json_decode(vim.env.POLICYC_LSP), root_dir = vim.fn.getcwd() }
local id = vim.lsp.start_client and vim.lsp.start_client(settings) or vim.lsp.start(settings)

local function open(file)
  vim.cmd("edit " .. file)
  local buffer = vim.api.nvim_get_current_buf()
  vim.lsp.buf_attach_client(buffer, id)
  return buffer
end
local function found(buffer)
  local lines = {}
  for _, item in ipairs(vim.diagnostic.get(buffer)) do
    table.insert(lines, item.code .. ":" .. (item.lnum + 1))
  end
  return lines
end
local function wait(buffer, some)
  vim.wait(patience, function()
    return (#vim.diagnostic.get(buffer) > 0) == some
  end, 20)
  return found(buffer)
end
local function ask(buffer, method, params)
  params.textDocument = { uri = vim.uri_from_bufnr(buffer) }
  for _, answer in pairs(vim.lsp.buf_request_sync(buffer, method, params, patience) or {}) do
    return answer.result
  end
end

local buffer = open("policies/shop.policy")
say("wrong", wait(buffer, true))
local item = vim.diagnostic.get(buffer)[1]
local range = {
  start = { line = item.lnum, character = item.col },
  ["end"] = { line = item.end_lnum, character = item.end_col },
}
local told = { range = range, message = item.message, code = item.code, source = item.source }
local actions = ask(buffer, "textDocument/codeAction", { range = range, context = { diagnostics = { told } } })
say("action", actions[1].title)
vim.lsp.util.apply_workspace_edit(actions[1].edit, "utf-16")
say("mended", wait(buffer, false))
for number, text in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
  local column = text:find("source.vpc", 1, true)
  if column then
    local position = { line = number - 1, character = column }
    say("hover", ask(buffer, "textDocument/hover", { position = position }).contents.value)
    local offered = ask(buffer, "textDocument/completion", { position = position })
    say("completion", #(offered.items or offered))
    break
  end
end
say("template", wait(open("stack.yaml"), true))
vim.lsp.stop_client(id)
vim.wait(patience, function()
  return vim.lsp.get_client_by_id(id) == nil
end, 20)
say("stopped", vim.lsp.get_client_by_id(id) == nil)
vim.cmd("qa!")
