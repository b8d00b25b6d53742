// An environment in which one small distribution is installed, for tests of what exists.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const PYTHON = path.join(path.dirname(process.env.CALLWRIGHT_SERVER), 'python');
const SOURCE = `
class Cube:
    def __init__(self, side: float, *, color: str = "red"):
        self.side = side
    def scale(self, factor: float) -> "Cube":
        return Cube(self.side * factor)
def volume(cube: Cube) -> float:
    return cube.side ** 3
`;

/** Makes it in a folder. */
export function makeToys(folder) {
  const version = execFileSync(PYTHON, ['-c', 'import sys; print(*sys.version_info[:2], sep=".")'], { encoding: 'utf8' }).trim();
  const site = path.join(folder, `lib/python${version}/site-packages`);
  const files = {
    [`${site}/toys.py`]: SOURCE,
    [`${site}/toys-1.0.dist-info/METADATA`]: 'Name: toys\nVersion: 1.0\n',
    [`${site}/toys-1.0.dist-info/RECORD`]: `toys.py,sha256=x,${SOURCE.length}\n`,
    [`${folder}/pyvenv.cfg`]: `home = ${path.dirname(PYTHON)}\nversion = ${version}.0\n`,
  };
  for (const [file, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  fs.mkdirSync(path.join(folder, 'bin'), { recursive: true });
  fs.symlinkSync(PYTHON, path.join(folder, 'bin/python'));
}
