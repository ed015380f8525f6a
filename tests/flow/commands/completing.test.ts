import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from '../../../src/cli/cli.ts';
import { createWorld } from '../../../src/compose.ts';
import { anLlmTask, synthetic } from '../../fakes/builders.ts';
import { needs, POWERSHELL } from '../../needs.ts';
import { aScreen } from '../../spec/cli/a-world.ts';
import { setup as setupScene } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(2 * TEST_MS);

const MODELS = ['z-image-turbo', 'org/tiny-chat'];

/** A studio with a worker, a job and two models, and this program on a PATH. */
async function setup() {
  const scene = await setupScene({ config: { auto_enabled: false } });
  const { url, studio } = scene.studio;
  const { id } = await scene.studio.createJob(anLlmTask());
  const bin = join(scene.worker.folder, 'bin');
  await mkdir(bin);
  const program = `#!/bin/sh\nexec "${process.execPath}" "${process.cwd()}/src/main.ts" "$@"\n`;
  await writeFile(join(bin, 'studio-worker'), program, { mode: 0o755 });
  const way = ['--url', url, '--token-file', studio.tokenFile];
  const run = async (...argv: readonly string[]): Promise<string> => {
    const screen = aScreen();
    expect([await runCli(argv, { ...(await createWorld()), terminal: screen.terminal }), screen.err()]).toEqual([
      0,
      '',
    ]);
    return screen.out();
  };
  for (const model of MODELS) {
    const file = join(scene.worker.folder, 'model.json');
    const source = { ...synthetic, engine: 'synthetic' };
    await writeFile(file, JSON.stringify({ id: model, kind: 'image', vramGbEstimate: 0, source }));
    await run('studio', 'models', 'add', file, ...way);
  }
  /** What a shell says to code below the script of this program. */
  const inShell = async (shell: string, code: (script: string) => string): Promise<readonly string[]> => {
    const script = join(scene.worker.folder, `completions.${shell === 'powershell' ? 'ps1' : shell}`);
    await writeFile(script, await run('completions', shell));
    const plain = { bash: ['--norc', '--noprofile'], zsh: ['-f'], fish: ['--no-config'] }[shell] ?? ['-NoProfile'];
    const child = Bun.spawn([shell === 'powershell' ? 'pwsh' : shell, ...plain, '-c', code(script)], {
      cwd: scene.worker.folder,
      env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: scene.worker.folder, LC_ALL: 'C.UTF-8' },
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    expect(err).toBe('');
    return out.split('\n').filter((line) => line !== '' && !line.startsWith('--'));
  };
  return Object.assign(scene, { id, way, url, tokenFile: studio.tokenFile, run, inShell });
}
type Scene = Awaited<ReturnType<typeof setup>>;

/** What each shell offers at the end of this line, in which words are parted by a space. */
const SHELLS = {
  // As readline hands it over: an address is parted at its colons.
  bash: (line: string) => (script: string) => {
    const words = line.split(' ').flatMap((word) => word.split(/(?<=[:=])|(?=[:=])/));
    return `source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _studio_worker; printf "%s\\n" "\${COMPREPLY[@]}"`;
  },
  zsh: (line: string) => (script: string) => {
    const words = line.split(' ').map((word) => `'${word}'`);
    return `_describe() { print -l -- "\${(@P)2}" }; _files() { }; source ${script}; words=(${words.join(' ')}); CURRENT=${words.length}; _studio_worker`;
  },
  fish: (line: string) => (script: string) => `source ${script}; complete -C '${line}'`,
  powershell: (line: string) => (script: string) =>
    `. ${script}; (TabExpansion2 '${line}' ${line.length}).CompletionMatches | % CompletionText`,
} as const;

for (const shell of ['bash', 'zsh', 'fish', 'powershell'] as const) {
  const inThis = shell === 'powershell' ? needs(POWERSHELL) : needs(shell);
  const offered = (at: Scene, line: string): Promise<readonly string[]> => at.inShell(shell, SHELLS[shell](line));

  inThis(`${shell} offers ids and names of the studio that the line names`, async () => {
    await using at = await setup();
    const program = `studio-worker studio`;
    const by = at.way.join(' ');
    const jobs = await offered(at, `${program} jobs cancel ${by} `);
    expect(jobs).toEqual([expect.stringContaining(at.id)]);
    const models = await offered(at, `${program} jobs create ${by} --model `);
    expect(models.map((row) => row.split(/[\t]|(?<!\\):/)[0])).toEqual(expect.arrayContaining(MODELS));
    const workers = await offered(at, `${program} workers rm ${by} `);
    expect(workers.join('\n')).toContain(at.worker.id);
    expect(workers.some((row) => row.startsWith('rig-01'))).toBe(true);
  });
}

test('completion without a studio or a token prints nothing', async () => {
  await using at = await setup();
  expect(await at.run('completions', 'bash', '--values', 'job', '--url', 'http://127.0.0.1:1', '--token', 'x')).toBe(
    '',
  );
  expect(await at.run('completions', 'fish', '--values', 'worker', '--url', at.url)).toBe('');
});

test('a completion’s description is printed for shells that show one', async () => {
  await using at = await setup();
  expect(await at.run('completions', 'fish', '--values', 'job', ...at.way)).toMatch(
    new RegExp(`^${at.id}\tqueued llm: .+\n$`),
  );
  expect(await at.run('completions', 'bash', '--values', 'job', ...at.way)).toBe(`${at.id}\n`);
});
