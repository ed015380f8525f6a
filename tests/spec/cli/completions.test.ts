import { describe, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMANDS } from '../../../src/cli/commands/index.ts';
import { contextsOf } from '../../../src/cli/completions/tree.ts';
import { someCapabilities } from '../../fakes/builders.ts';
import { setup } from './a-world.ts';
import { withStudio } from './with-studio.ts';
import { needs, POWERSHELL } from '../../needs.ts';

/** The generated script in a folder of its own, and what a real shell says to some code below it. */
async function inShell(shell: string, codeFor: (script: string) => string): Promise<string[]> {
  await using cli = await setup();
  expect(await cli.run('completions', shell)).toBe(0);
  const script = join(cli.folder, `completions.${shell === 'powershell' ? 'ps1' : shell}`);
  await writeFile(script, cli.out());
  await writeFile(join(cli.folder, 'task one.json'), '{}');
  const plain = { bash: ['--norc', '--noprofile'], zsh: ['-f'], fish: ['--no-config'] }[shell] ?? ['-NoProfile'];
  const child = Bun.spawn([shell === 'powershell' ? 'pwsh' : shell, ...plain, '-c', codeFor(script)], {
    cwd: cli.folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: cli.folder, LC_ALL: 'C.UTF-8' },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect(err).toBe('');
  return out.split('\n').filter((line) => line !== '');
}

/** What bash offers for the last word of a line. */
const bash = (...words: readonly string[]): Promise<string[]> =>
  inShell(
    'bash',
    (script) =>
      `source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; ` +
      '_studio_worker; printf "%s\\n" "${COMPREPLY[@]}"',
  );

/** What zsh offers; its own two helpers are replaced by ones that print what they are given. */
const zsh = (...words: readonly string[]): Promise<string[]> =>
  inShell(
    'zsh',
    (script) =>
      `_describe() { print -l -- "\${(@P)2}" }; compadd() { shift; print -l -- "$@" }; _files() { print -l -- * }; ` +
      `source ${script}; words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _studio_worker`,
  );

/** What fish offers, without the descriptions. */
const fish = async (line: string): Promise<string[]> =>
  (await inShell('fish', (script) => `source ${script}; complete -C '${line}'`)).map((row) => row.split('\t')[0] ?? '');

/** What PowerShell offers at the end of a line; after a flag for a path these are files. */
const powershell = (line: string): Promise<string[]> =>
  inShell(
    'powershell',
    (script) => `. ${script}; (TabExpansion2 '${line}' ${line.length}).CompletionMatches | % CompletionText`,
  );

const TOP = Object.keys(COMMANDS);
const JOBS = ['create', 'list', 'set', 'watch', 'why', 'get', 'attempts', 'cancel', 'retry'];
const KINDS = ['image', 'llm', 'audio_stt', 'audio_tts', 'video', 'mesh'];

describe('bash', () => {
  const test = needs('bash');

  test('offers every command at the top', async () => {
    expect(await bash('studio-worker', '')).toEqual(expect.arrayContaining([...TOP, '--config']));
  });

  test('narrows to what was begun', async () => {
    expect(await bash('studio-worker', 'st')).toEqual(['status', 'studio']);
  });

  test('follows sub-commands past flags and their values', async () => {
    const offered = await bash('studio-worker', '--config', 'run', 'studio', 'jobs', '');
    expect(offered.filter((word) => !word.startsWith('-'))).toEqual(JOBS);
  });

  test('offers allowed values after a flag, also with an equals sign', async () => {
    expect(await bash('studio-worker', 'studio', 'jobs', 'create', '--kind', '')).toEqual(KINDS);
    expect(await bash('studio-worker', 'run', '--log-format', '=', 'j')).toEqual(['json']);
  });

  test('offers files whose names have spaces where a path belongs', async () => {
    expect(await bash('studio-worker', 'studio', 'models', 'add', 'task')).toEqual(['task one.json']);
  });
});

describe('zsh', () => {
  const test = needs('zsh');

  test('offers every command at the top with its summary', async () => {
    const offered = await zsh('studio-worker', '');
    expect(offered.map((row) => row.split(':')[0])).toEqual(expect.arrayContaining([...TOP, '--config']));
    expect(offered).toContain('config:Print the config in force and where its file is, secrets masked');
  });

  test('follows sub-commands past flags and their values', async () => {
    const offered = await zsh('studio-worker', '--config', 'run', 'studio', 'jobs', '');
    expect(offered.map((row) => row.split(':')[0] ?? '').filter((word) => !word.startsWith('-'))).toEqual(JOBS);
  });

  test('offers allowed values after a flag, and files where a path belongs', async () => {
    expect(await zsh('studio-worker', 'studio', 'jobs', 'create', '--kind', '')).toEqual(KINDS);
    expect(await zsh('studio-worker', '--config', '')).toContain('task one.json');
  });
});

describe('fish', () => {
  const test = needs('fish');

  test('offers every command at the top', async () => {
    expect((await fish('studio-worker ')).toSorted()).toEqual(TOP.toSorted());
  });

  test('follows sub-commands past flags and their values', async () => {
    expect((await fish('studio-worker --config run studio jobs ')).toSorted()).toEqual(JOBS.toSorted());
  });

  test('offers flags and their allowed values', async () => {
    expect(await fish('studio-worker studio jobs create --ki')).toEqual(['--kind']);
    expect((await fish('studio-worker studio jobs create --kind ')).toSorted()).toEqual(KINDS.toSorted());
  });

  test('offers files where a path belongs', async () => {
    expect(await fish('studio-worker studio models add task')).toEqual(['task one.json']);
  });
});

describe('powershell', () => {
  const test = needs(POWERSHELL);

  test('offers every command at the top', async () => {
    expect(await powershell('studio-worker ')).toEqual(expect.arrayContaining([...TOP, '--config']));
  });

  test('narrows to what was begun, past flags and their values', async () => {
    expect(await powershell('studio-worker --config run studio jobs l')).toEqual(['list']);
  });

  test('offers the allowed values of a flag', async () => {
    expect(await powershell('studio-worker studio jobs create --kind ')).toEqual(KINDS);
  });

  test('offers files whose names have spaces where a path belongs', async () => {
    expect(await powershell('studio-worker --config task')).toEqual(["'./task one.json'"]);
  });
});

test('a name with shell syntax is never completed on a command line', async () => {
  const names = ['rig-01', '$(touch here)', 'a b', '`id`', '-rf', "it's", 'a;b', 'a\nb', 'größe', ''];
  const workers = names.map((machineName) => ({
    workerId: 'w-1',
    connected: true,
    capabilities: someCapabilities({ machineName }),
    createdAt: '2026-05-25T12:00:00.000Z',
  }));
  await using cli = await withStudio({ 'GET /workers': () => Response.json({ workers }) });
  expect(await cli.run('completions', 'bash', '--values', 'worker', '--token', 'x')).toBe(0);
  expect([...new Set(cli.out().trimEnd().split('\n'))].toSorted()).toEqual(['größe', 'rig-01', 'w-1']);
});

test('values of an unknown kind are refused with the kinds there are', async () => {
  await using cli = await setup();
  expect(await cli.run('completions', 'bash', '--values', 'jobs')).toBe(64);
  expect(cli.err()).toContain('--values is "jobs"; allowed: job, worker, request,');
});

test('an unknown shell is named with those there are', async () => {
  await using cli = await setup();
  expect(await cli.run('completions', 'tcsh')).toBe(64);
  expect(cli.err()).toContain('<shell> is "tcsh"; allowed: bash, zsh, fish, powershell');
});

test('every command of the table is a context that can be completed', async () => {
  const paths = (await contextsOf(COMMANDS)).map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(['', ...TOP, 'studio jobs', 'studio jobs watch', 'studio models rm']));
});
