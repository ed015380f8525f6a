import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What `run` reaches without an `import()` of its own, which is what the executable parses before its `hello`. */
const LOADED = loadedBy(
  'src/main.ts',
  'src/compose/update/start-guard.ts',
  'src/compose.ts',
  'src/compose/effects.ts',
  'src/cli/cli.ts',
  'src/cli/commands/run.ts',
  'src/compose/commands/run.ts',
);

test('a start loads nothing that only a job, a child or a command needs', () => {
  const late = [
    /^src\/engines\/.*\/(inside|binding)\.ts$/, // they run in a child
    /^src\/engines\/(synthetic\/run|gradio\/generate|sd-cpp\/loaded)\.ts$/,
    /^src\/service\//,
    /^src\/jobs\/results\/(json|image|video|audio|glb)\.ts$/,
    /^src\/engines\/(ffmpeg\/(run-ffmpeg|audio|video)|whisper\/recording)\.ts$/,
    /^src\/(models\/headers\/check|worker\/explain)\.ts$/,
    /^src\/local-api\/(handlers\/(?!facts|metrics)|http\/(?!reply)|openai|contract\/routes)/, // with the first request
    /^src\/models\/download\/(?!request|progress-file)/,
    /^src\/system\/(net\/remote|dbus)\//,
    /^src\/system\/(native\/(sharp-images|vulkan-devices)|machine\/gpu-variables)\.ts$/,
    /^src\/engines\/host\/(host|talk|exchange|messages)\.ts$/,
    /^src\/release\/(feed\/(find|trusted)|update\/stage|minisign)\.ts$/,
    /^src\/(operator|demo|doctor|local-studio)\//,
    /^src\/metrics\/prometheus\.ts$/,
    /^(prom-client|sharp|@sentry\/bun|@cfworker\/json-schema|@gradio\/client|onnxruntime-node|node-llama-cpp)$/,
  ];
  expect([...LOADED].filter((path) => late.some((pattern) => pattern.test(path)))).toEqual([]);
});

test('a start loads no module of the runtime that takes milliseconds', () => {
  // Each takes two to four of them on Bun 1.4.5; what they are for is there in another way, or loaded with its first use.
  const slow = [
    'node:crypto',
    'node:zlib',
    'node:http',
    'node:https',
    'node:stream',
    'node:readline',
    'node:net',
    'node:tty',
  ];
  expect(slow.filter((name) => LOADED.has(name))).toEqual([]);
});

/** Files of ours by their path, anything else by its name. */
function loadedBy(...entries: readonly string[]): ReadonlySet<string> {
  const transpiler = new Bun.Transpiler({ loader: 'ts' });
  const loaded = new Set<string>();
  const follow = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    if (!path.startsWith('src/') || !path.endsWith('.ts')) return;
    // Types are gone by now, and with them what is imported for types alone.
    for (const { kind, path: target } of transpiler.scanImports(readFileSync(path, 'utf8').replace(/^#!.*/, ''))) {
      if (kind === 'import-statement') follow(target.startsWith('.') ? join(dirname(path), target) : target);
    }
  };
  for (const entry of entries) follow(entry);
  return loaded;
}
