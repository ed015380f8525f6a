import { expect } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LINUX, needs } from '../needs.ts';
import { setup, type Setup } from './setup.ts';

/** Installs for an account whose login shell is `shell`, and asks a new shell of it. */
async function afterInstalling(shell: string, ...cmd: readonly string[]): Promise<string> {
  await using it = await installed(shell);
  const { out, err } = await it.machine.run(cmd);
  return out + err;
}

async function installed(shell: string): Promise<Setup> {
  const it = await setup();
  await it.release();
  const env = { SHELL: `/bin/${shell}` };
  expect(await it.machine.run(['sh', it.script, '--base-url', it.server.url], { env })).toMatchObject({ code: 0 });
  return it;
}

const VERSION = 'studio-worker 0.6.0\n';

for (const shell of ['dash', 'bash', 'ksh', 'mksh']) {
  needs(LINUX, shell)(`a login shell of ${shell} finds the program`, async () => {
    expect(await afterInstalling(shell, shell, '-l', '-c', 'studio-worker --version')).toBe(VERSION);
  });
}

needs(LINUX, 'bash')('an interactive bash finds the program', async () => {
  expect(await afterInstalling('bash', 'bash', '-i', '-c', 'studio-worker --version')).toContain(VERSION);
});

needs(LINUX, 'bash')('a login bash with a start-up file of its own finds the program', async () => {
  await using it = await setup();
  await it.release();
  await writeFile(join(it.machine.home, '.bash_profile'), ':');
  await it.install('bash');
  expect(await it.machine.run(['bash', '-l', '-c', 'studio-worker --version'])).toMatchObject({ out: VERSION });
});

needs(LINUX, 'zsh')('every zsh finds the program, once on its PATH', async () => {
  const script = 'studio-worker --version; print -l $path | grep -c "/.local/bin$"';
  expect(await afterInstalling('zsh', 'zsh', '-c', `zsh -c '${script}'`)).toBe(`${VERSION}1\n`);
});

needs(LINUX, 'zsh')('zsh finds the completions', async () => {
  const script = 'autoload -Uz compinit && compinit -u -D && print -- $_comps[studio-worker]';
  await using it = await installed('zsh');
  const folder = join(it.machine.home, '.local/share/zsh/site-functions');
  await writeFile(join(folder, '_studio-worker'), '#compdef studio-worker\n');
  expect((await it.machine.run(['zsh', '-c', script])).out).toBe('_studio-worker\n');
});

needs(LINUX, 'fish')('fish finds the program', async () => {
  expect(await afterInstalling('fish', 'fish', '-c', 'studio-worker --version')).toBe(VERSION);
});

needs(LINUX, 'fish')('fish finds the completions', async () => {
  await using it = await installed('fish');
  const folder = join(it.machine.home, '.local/share/fish/vendor_completions.d');
  await writeFile(join(folder, 'studio-worker.fish'), 'complete -c studio-worker -f -a "demo"\n');
  expect((await it.machine.run(['fish', '-c', 'complete -C "studio-worker "'])).out).toBe('demo\n');
});

needs(LINUX, 'man')('man finds the manual page', async () => {
  await using it = await installed('bash');
  const env = { PATH: `${join(it.machine.home, '.local/bin')}:${process.env['PATH']}` };
  const { out } = await it.machine.run(['man', '-w', 'studio-worker'], { env });
  expect(out.trim()).toBe(join(it.machine.home, '.local/share/man/man1/studio-worker.1'));
});

needs(LINUX, 'bash')('another folder for programs is put on the PATH, however it is called', async () => {
  await using it = await setup();
  await it.release();
  const folder = join(it.machine.folder, `it's $HOME "here" \\ \`é\``);
  const env = { STUDIO_WORKER_INSTALL_DIR: folder, SHELL: '/bin/bash' };
  const { code } = await it.machine.run(['bash', it.script, '--base-url', it.server.url], { env });
  expect(code).toBe(0);
  for (const shell of [['bash', '-l'], ['fish']]) {
    expect(await it.machine.run([...shell, '-c', 'studio-worker --version'])).toMatchObject({ out: VERSION, err: '' });
  }
  await it.machine.run(['bash', it.script, '--uninstall', '--purge'], { env });
  expect(await it.machine.run(['bash', '-l', '-c', 'command -v studio-worker'])).toMatchObject({ code: 1 });
});
