import { toWorkerError } from '../../../src/base/errors.ts';
import type { FileProgress } from '../../../src/models/store/options.ts';
import { aStore } from './a-store.ts';

// A download in a process of its own, to be killed or starved: `pull-child.ts <root> <url> <say after bytes>`.
const [root = '', url = '', after = '0'] = process.argv.slice(2);
const said = new Set<string>();
function say(word: string): void {
  if (said.has(word)) return;
  said.add(word);
  process.stdout.write(`${word}\n`);
}
const onProgress = ({ phase, doneBytes }: FileProgress): void => {
  if (phase === 'wait') say('waiting');
  else if (doneBytes >= Number(after)) say('under way');
};
try {
  await aStore(root).fetch({ url }, { onProgress });
  say('fetched');
} catch (thrown) {
  const { code, message } = toWorkerError(thrown);
  process.stderr.write(`${code}: ${message}\n`);
  process.exitCode = 1;
}
