import { aStore } from './a-store.ts';

// A download in a process of its own, to be killed: `pull-child.ts <root> <url> <say after bytes>`.
const [root = '', url = '', after = '0'] = process.argv.slice(2);
let said = false;
await aStore(root).fetch(
  { url },
  {
    onProgress({ doneBytes }) {
      if (said || doneBytes < Number(after)) return;
      said = true;
      process.stdout.write('under way\n');
    },
  },
);
process.stdout.write('fetched\n');
