-- Starts the server as docs/editors.md says, asks for ghost text and for the menu, writes the answers as JSON.
local states = {}
vim.lsp.config("callwright", {
  cmd = { vim.env.CALLWRIGHT, "serve" },
  filetypes = { "python" },
  init_options = { bundle = vim.env.BUNDLE, grounding = { enabled = false } },
  handlers = {
    ["callwright/status"] = function(_, status) table.insert(states, status.state) end,
  },
})
vim.lsp.enable("callwright")
vim.bo.filetype = "python"

local function ready() return states[#states] == "ready" end
vim.wait(60000, ready, 20)
local client = vim.lsp.get_clients({ name = "callwright" })[1]

local function request(method, line, character, context)
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(0),
    position = { line = line, character = character },
    context = context,
  }
  local answer = client:request_sync(method, params, 20000, 0)
  assert(answer and not answer.err, vim.inspect(answer))
  return answer.result
end

local function texts(items)
  return vim.tbl_map(function(item) return item.insertText end, items)
end

local inline = texts(request("textDocument/inlineCompletion", 2, 0, { triggerKind = 2 }))
local menu = vim.tbl_map(
  function(item) return item.label end,
  request("textDocument/completion", 2, 0, { triggerKind = 1 }).items
)
-- An edit through Neovim's own incremental sync, with an emoji in front of the cursor.
vim.api.nvim_buf_set_lines(0, 2, 3, false, { "x = '😀', pipeline(\"fill-mask\", model=\"\")" })
vim.wait(200, function() return false end)
local column = vim.str_utfindex(vim.api.nvim_buf_get_lines(0, 2, 3, false)[1], client.offset_encoding) - 2
local string = texts(request("textDocument/inlineCompletion", 2, column, { triggerKind = 2 }))

local file = assert(io.open(vim.env.RESULT, "w"))
file:write(vim.json.encode({ inline = inline, menu = menu, states = states, string = string }))
file:close()
vim.cmd("qall!")
