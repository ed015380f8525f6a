import { WorkerError } from '../../base/errors.ts';

/*
 * The command lines of a process that reads its own before the command table is loaded: the guard of a start, and the
 * self-test that installers run.
 */

/** Whether a command line starts a worker, and with which config; undefined for any other command. */
export function startOf(words: readonly string[]): { readonly config: string | undefined } | undefined {
  let config: string | undefined;
  let command: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--config') config = words[++at];
    else if (word.startsWith('--config=')) config = word.slice('--config='.length);
    else if (word === '--help' || word === '-h') return undefined;
    else if (!word.startsWith('-')) command ??= word;
  }
  return command === 'run' ? { config } : undefined;
}

/** The files of a release that a self-test verifies; none where it looks only at itself. */
export interface SelfTestFiles {
  readonly manifest: string;
  readonly signature: string;
  readonly archive: string | undefined;
}

const OPTIONS = ['--manifest', '--signature', '--archive'] as const;

/** What follows `--self-test`. @throws WorkerError `cli.usage` */
export function selfTestFiles(words: readonly string[]): SelfTestFiles | undefined {
  const named = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2) {
    const option = OPTIONS.find((known) => known === words[at]);
    const path = words[at + 1];
    if (option === undefined || path === undefined || named.has(option)) {
      throw usage(`--self-test takes ${OPTIONS.map((one) => `${one} <file>`).join(', ')}, each once`);
    }
    named.set(option, path);
  }
  if (named.size === 0) return undefined;
  const [manifest, signature, archive] = OPTIONS.map((option) => named.get(option));
  if (manifest === undefined || signature === undefined) {
    throw usage('--self-test verifies a manifest with its signature: give both');
  }
  return { manifest, signature, archive };
}

const usage = (message: string): WorkerError => new WorkerError('cli.usage', message);
