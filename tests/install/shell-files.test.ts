import { expect, test } from 'bun:test';
import { shellFiles } from '../../install/shell-files.ts';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { VERSION } from '../../src/base/version.ts';
import { needs } from '../needs.ts';

/** The page as `man` shows it, and what the formatter had to say about its source. */
async function formatted(...flags: readonly string[]): Promise<string> {
  const page = (await shellFiles(VERSION)).get('studio-worker.1') ?? '';
  const child = Bun.spawn(['mandoc', ...flags], { stdin: Buffer.from(page), stdout: 'pipe', stderr: 'pipe' });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return out + err;
}

test('an archive holds completions for four shells and a manual page', async () => {
  expect([...(await shellFiles(VERSION)).keys()]).toEqual([
    'completions/_studio-worker',
    'completions/studio-worker.bash',
    'completions/studio-worker.fish',
    'completions/studio-worker.ps1',
    'studio-worker.1',
  ]);
});

needs('mandoc')('the manual page is well formed', async () => {
  // A date would make two builds of one version differ.
  const remarks = (await formatted('-T', 'lint', '-W', 'warning')).split('\n').filter((line) => line !== '');
  expect(remarks.filter((line) => !line.includes('missing date'))).toEqual([]);
});

needs('mandoc')('the manual page shows every command with the words of its help', async () => {
  const text = await formatted('-T', 'utf8', '-O', 'width=200');
  for (const load of Object.values(COMMANDS)) expect(text).toContain((await load()).summary);
  expect(text).toContain('--api-base-url <url>');
  expect(text).toContain(`studio-worker ${VERSION}`);
});
