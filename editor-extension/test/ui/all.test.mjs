// What needs eyes and keys, on the packaged extension in one real editor that all tests here share.
import { after, afterEach, before } from 'node:test';
import { startSession } from '../support/session.mjs';
import { existing, TOYS } from './existing.mjs';
import { ghostText } from './ghostText.mjs';
import { network } from './network.mjs';
import { picture, PICTURED } from './picture.mjs';
import { serverTrouble } from './serverTrouble.mjs';
import { AS_IT_COMES, suggestList, suggestListKept } from './suggestList.mjs';
import { taskComment } from './taskComment.mjs';

const IMPORTS = 'from sentence_transformers import SentenceTransformer\n\n';
const files = Object.fromEntries(Array.from({ length: 12 }, (_, number) => [`app${number}.py`, IMPORTS]));

let session;
let opened = 0;

before(
  async () => {
    session = await startSession({ files: { ...files, ...TOYS, ...PICTURED }, settings: AS_IT_COMES });
    await session.load('toys_app.py');
  },
  { timeout: 1_500_000 },
);

after(() => session?.stop());

afterEach(async (context) => {
  if (!context.passed) await session.keepEvidence(context.name);
});

/** The session, with a file open that no other test has touched. */
async function fresh() {
  await session.open(`app${opened++}.py`);
  await session.ready();
  return session;
}

suggestListKept(() => session);
ghostText(fresh);
suggestList(fresh);
taskComment(fresh);
picture(() => session);
serverTrouble(fresh);
existing(() => session);
network(() => session);
