// Loaded into VS Code's server and its extension host (--require): writes down who opens which connection.
const fs = require('node:fs');
const net = require('node:net');
const dns = require('node:dns');
const dgram = require('node:dgram');

const file = process.env.NETWORK_RECORD;

function record(what, args) {
  const stack = new Error().stack.split('\n').slice(3).map((line) => line.trim());
  fs.appendFileSync(file, `${JSON.stringify({ pid: process.pid, what, target: target(args), stack })}\n`);
}

function target(args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  if (first && typeof first === 'object') return first.path ?? `${first.host ?? 'localhost'}:${first.port ?? ''}`;
  return `${typeof second === 'string' ? second : ''}:${first}`;
}

function watch(owner, name) {
  const original = owner[name];
  owner[name] = function (...args) {
    record(name, args);
    return original.apply(this, args);
  };
}

if (file) {
  watch(net.Socket.prototype, 'connect');
  watch(dns, 'lookup');
  watch(dgram.Socket.prototype, 'send');
  fs.appendFileSync(file, `${JSON.stringify({ pid: process.pid, what: 'watching', target: process.argv.slice(1).join(' '), stack: [] })}\n`);
}
