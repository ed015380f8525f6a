import { expect, test } from 'bun:test';
import { loginEntry, scopeProbe } from '../../../src/service/login.ts';
import { memoryProperties } from '../../../src/system/process/memory-scope.ts';

const place = { platform: 'linux', homeDir: '/home/ada', configHome: '/home/ada/.config' } as const;

test('a desktop starts the window inside a scope with the memory ceiling', () => {
  expect(loginEntry(['/home/ada/.local/bin/studio-worker', 'ui'], place, memoryProperties(32))).toEqual({
    is: 'file',
    path: '/home/ada/.config/autostart/studio-worker-ui.desktop',
    text: expect.stringContaining(
      'Exec=systemd-run --user --scope --unit=studio-worker --collect --quiet -p MemoryHigh=29491M -p MemoryMax=32G /home/ada/.local/bin/studio-worker ui\n',
    ),
  });
});

test('a desktop without a user manager starts the window as it is', () => {
  expect(loginEntry(['/opt/studio-worker', 'ui'], place)).toMatchObject({
    text: [
      '[Desktop Entry]',
      'Type=Application',
      'Name=studio-worker',
      'Comment=Takes jobs from a studio and runs them on this machine',
      'Exec=/opt/studio-worker ui',
      'Terminal=false',
      'X-GNOME-Autostart-enabled=true',
      '',
    ].join('\n'),
  });
});

test.each([
  ['/a b/ü', '"/a b/ü"'],
  ['/50%', '/50%%'],
  ['/a$b', '"/a\\\\$b"'],
  ['/a"b', '"/a\\\\"b"'],
  ['/a\\b', '"/a\\\\\\\\b"'],
])('a program at %s is written as %s', (program, word) => {
  const entry = loginEntry([program, 'ui'], place);
  expect(entry.is === 'file' && entry.text).toContain(`\nExec=${word} ui\n`);
});

test('macOS and Windows have the entry under the names that workers have always used', () => {
  expect(
    loginEntry(['/opt/studio-worker', 'ui'], { ...place, platform: 'darwin', homeDir: '/Users/ada' }),
  ).toMatchObject({
    path: '/Users/ada/Library/LaunchAgents/gg.minis.studio-worker-ui.plist',
  });
  expect(loginEntry(['C:\\a b\\studio-worker.exe', 'ui'], { ...place, platform: 'win32' })).toEqual({
    is: 'run-value',
    name: 'studio-worker-ui',
    value: '"C:\\a b\\studio-worker.exe" ui',
  });
});

test('whether scopes work is tried with the very ceiling that they are to have', () => {
  expect(scopeProbe(memoryProperties(8)).join(' ')).toMatch(
    /^systemd-run --user --scope --quiet --collect -p MemoryMax=8G true$/,
  );
});
