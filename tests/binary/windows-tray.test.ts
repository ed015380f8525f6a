import { expect } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { xServer } from '../fakes/system/x-server.ts';
import { waitFor } from '../flow/wait-for.ts';
import { needs } from '../needs.ts';
import { BUILD_LIMIT_MS } from './built.ts';
import { COMPILER, wine } from './wine.ts';

/**
 * Does what the task bar does when the icon is clicked, and for a menu presses the keys that choose a line of it. It
 * compiles only if the layout of `NOTIFYICONDATAW` and `MSG` is the one that the icon goes by.
 */
const CLICK = `#include <windows.h>
#include <shellapi.h>
#include <stddef.h>
#include <stdlib.h>
_Static_assert(sizeof(NOTIFYICONDATAW) == 976 && offsetof(NOTIFYICONDATAW, hWnd) == 8, "window");
_Static_assert(offsetof(NOTIFYICONDATAW, uID) == 16 && offsetof(NOTIFYICONDATAW, uFlags) == 20, "id");
_Static_assert(offsetof(NOTIFYICONDATAW, uCallbackMessage) == 24 && offsetof(NOTIFYICONDATAW, hIcon) == 32, "icon");
_Static_assert(offsetof(NOTIFYICONDATAW, szTip) == 40 && offsetof(NOTIFYICONDATAW, uVersion) == 816, "tip");
_Static_assert(sizeof(MSG) == 48 && offsetof(MSG, wParam) == 16 && offsetof(MSG, lParam) == 24, "message");
int main(int count, char **words) {
  HWND window = FindWindowW(L"STATIC", L"studio-worker tray");
  if (window == NULL) return 1;
  if (count == 1) return !PostMessageW(window, 0x8001, MAKEWPARAM(50, 60), MAKELPARAM(NIN_SELECT, 1));
  PostMessageW(window, 0x8001, MAKEWPARAM(50, 60), MAKELPARAM(WM_CONTEXTMENU, 1));
  for (int tries = 0; FindWindowW(L"#32768", NULL) == NULL; tries++) {
    if (tries == 600) return 2;
    Sleep(50);
  }
  for (int line = 0; line < atoi(words[1]); line++) PostMessageW(window, WM_KEYDOWN, VK_DOWN, 0);
  return !PostMessageW(window, WM_KEYDOWN, VK_RETURN, 0);
}
`;

needs('wine', COMPILER, 'Xvfb')(
  'Windows shows the icon, and a click and a line of its menu act',
  async () => {
    await using screen = await xServer();
    const program = join(screen.folder.path, 'tray.exe');
    const entrypoints = [join(import.meta.dir, 'tray-program.ts')];
    await Bun.build({ entrypoints, compile: { target: 'bun-windows-x64', outfile: program } });
    await using windows = await wine({ executable: program, variables: screen.variables });
    const source = join(windows.folder, 'click.c');
    const click = join(windows.folder, 'click.exe');
    await writeFile(source, CLICK);
    const compiled = Bun.spawnSync([COMPILER, '-o', click, source]);
    expect(compiled.stderr.toString()).toBe('');

    const child = windows.start([]);
    let out = '';
    const read = (async () => {
      for await (const chunk of child.stdout) out += Buffer.from(chunk).toString();
    })();
    const told = (): unknown[] =>
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown);
    const until = (what: string, count: number) =>
      waitFor(
        what,
        () => told().length === count,
        () => out,
      );
    const does = async (...args: string[]) => expect(await windows.runOther(click, args)).toMatchObject({ code: 0 });
    await until('the icon', 1);
    await does();
    await until('the click', 2);
    await does('2');
    await until('the choice', 3);
    await does('3');
    await read;
    expect(told()).toEqual([{ isShown: true, because: '' }, 'activate', { action: 'pause' }, { action: 'quit' }]);
    expect(await child.exited).toBe(0);
  },
  BUILD_LIMIT_MS,
);
