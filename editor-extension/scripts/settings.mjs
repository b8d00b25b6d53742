// Writes the server's settings into package.json: `callwright settings --json | node scripts/settings.mjs`.
// With --check, compares only. The sentences are the server's own, so they cannot drift.
import fs from 'node:fs';

const OWN = {
  'callwright.server.path': {
    type: 'string',
    default: '',
    scope: 'machine-overridable',
    markdownDescription:
      'Path of the `callwright` command. Empty: the selected interpreter, `.venv`, `PATH` and the environment made by *Set Up the Server* are tried in this order.',
  },
};

const file = new URL('../package.json', import.meta.url);
const before = fs.readFileSync(file, 'utf8');
const manifest = JSON.parse(before);
const server = JSON.parse(fs.readFileSync(0, 'utf8'));
manifest.contributes.configuration.properties = {
  ...OWN,
  ...Object.fromEntries(Object.entries(server).map(([name, schema]) => [name, described(schema)])),
};
const after = `${JSON.stringify(manifest, undefined, 2)}\n`;

if (process.argv.includes('--check')) {
  if (before !== after) {
    console.error('package.json differs from the server: callwright settings --json | node scripts/settings.mjs');
    process.exit(1);
  }
} else {
  fs.writeFileSync(file, after);
}

function described({ description, ...schema }) {
  return { ...schema, scope: 'language-overridable', markdownDescription: description };
}
