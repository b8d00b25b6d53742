// Bundles the extension into dist/; with --tests, the unit and host tests into dist-test/.
import { build } from 'esbuild';
import { readdirSync } from 'node:fs';

const common = { bundle: true, platform: 'node', format: 'cjs', target: 'node20', external: ['vscode', 'mocha'], logLevel: 'warning', supported: { 'dynamic-import': false } };
const minify = process.argv.includes('--minify');

if (process.argv.includes('--tests')) {
  await build({ ...common, stdin: entry('test/unit'), outfile: 'dist-test/unit.cjs', sourcemap: 'inline' });
  await build({ ...common, entryPoints: ['test/host/index.ts'], outfile: 'dist-test/host.cjs', sourcemap: 'inline' });
} else {
  const external = [...common.external, './parts'];
  await build({ ...common, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', external, minify });
  await build({ ...common, entryPoints: ['src/parts.ts'], outfile: 'dist/parts.js', minify });
}

function entry(directory) {
  const files = readdirSync(directory).filter((file) => file.endsWith('.test.ts'));
  return { contents: files.map((file) => `import './${directory}/${file}';`).join('\n'), resolveDir: process.cwd(), loader: 'ts' };
}
