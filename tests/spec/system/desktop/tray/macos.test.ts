import { expect, setDefaultTimeout } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openMacTray } from '../../../../../src/system/desktop/tray/macos/macos.ts';
import type { TrayLook } from '../../../../../src/system/desktop/tray/tray.ts';
import { SkippingClock } from '../../../../fakes/system/skipping-clock.ts';
import { tempFolder } from '../../../../fakes/system/temp-folder.ts';
import { TEST_MS, waitFor } from '../../../../flow/wait-for.ts';
import { needs, POSIX } from '../../../../needs.ts';

setDefaultTimeout(TEST_MS);

const IDLE: TrayLook = {
  icon: 'idle',
  title: 'studio-worker: idle',
  text: 'Wartet auf Aufträge ✓',
  menu: [
    { is: 'line', label: 'Idle', enabled: false },
    { is: 'separator' },
    { is: 'line', label: 'Pause', action: 'pause', enabled: true },
  ],
};
const STAND_IN = join(import.meta.dir, '../../../../fakes/system/osascript.ts');

async function setup(program?: string) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const text = program ?? `#!/bin/sh\nexec '${process.execPath}' '${STAND_IN}' "$@"\n`;
  await writeFile(folder.at('osascript'), text, { mode: 0o755 });
  const told: unknown[] = [];
  const clock = new SkippingClock();
  const tray = stack.use(
    openMacTray({
      clock,
      env: { PATH: folder.path, HOME: folder.path },
      look: IDLE,
      onAction: (action) => void told.push(action),
      onActivate: () => void told.push('activate'),
      onShown: (isShown, because) => void told.push([isShown, because]),
    }),
  );
  const seen = (): string[] =>
    existsSync(folder.at('seen')) ? readFileSync(folder.at('seen'), 'utf8').split('\n').slice(0, -1) : [];
  const until = (what: string, fact: () => boolean) =>
    waitFor(what, fact, () => JSON.stringify({ told, seen: seen() }));
  const choose = (title: string) => writeFile(folder.at('choose'), title);
  return { tray, told, seen, clock, until, choose, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const posixTest = needs(POSIX);

posixTest('the menu bar of a Mac gets the icon, its text and its menu', async () => {
  await using it = await setup();
  await it.until('the icon', () => it.told.length === 1);
  expect(it.told).toEqual([[true, '']]);
  expect(JSON.parse(it.seen()[0] ?? '')).toEqual({
    tip: 'studio-worker: idle\nWartet auf Aufträge ✓',
    lines: ['Idle (off)', '---', 'Pause'],
    width: 36,
    points: { width: 18, height: 18 },
  });
});

posixTest('a line that is chosen on a Mac acts, and the look follows', async () => {
  await using it = await setup();
  await it.until('the icon', () => it.told.length === 1);
  await it.choose('Pause');
  await it.until('the choice', () => it.told.length === 2);
  it.tray.show({ ...IDLE, icon: 'paused', menu: [{ is: 'line', label: 'Resume', action: 'resume', enabled: true }] });
  await it.until('the new menu', () => it.seen().some((line) => line.includes('Resume')));
  await it.choose('Resume');
  await it.until('the other choice', () => it.told.length === 3);
  expect(it.told).toEqual([[true, ''], 'pause', 'resume']);
});

posixTest('a program of the Mac that ends is started again', async () => {
  await using it = await setup();
  await it.until('the icon', () => it.told.length === 1);
  await it.choose('end');
  await it.until('its end', () => it.told.length === 2);
  await it.choose('');
  it.clock.skip(1_000);
  await it.until('its return', () => it.told.length === 3);
  expect(it.told).toEqual([
    [true, ''],
    [false, 'osascript ended'],
    [true, ''],
  ]);
});

posixTest('a Mac without a menu bar has no icon, and says why', async () => {
  await using it = await setup('#!/bin/sh\necho "no window server" >&2; exit 1\n');
  await it.until('the reason', () => it.told.length === 1);
  expect(it.told).toEqual([[false, 'no window server']]);
});
