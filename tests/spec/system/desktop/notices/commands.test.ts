import { expect, test } from 'bun:test';
import { macNotice, windowsNotice } from '../../../../../src/system/desktop/notices/commands.ts';

const HOSTILE = { title: '"; rm -rf ~; "', body: "$(reboot) ' `x` %PATH%\n</toast>", isFailure: true };

test('words of a notice are arguments on macOS, and no part of a script', () => {
  const { command, variables } = macNotice(HOSTILE);
  const script = command.slice(0, command.indexOf('--'));
  expect(script).toEqual(macNotice({ title: 'a', body: 'b', isFailure: false }).command.slice(0, script.length));
  expect(command.slice(command.indexOf('--'))).toEqual(['--', HOSTILE.title, HOSTILE.body]);
  expect(command[0]).toBe('osascript');
  expect(variables).toEqual({});
});

test('words of a notice are variables on Windows, and no part of a script', () => {
  const { command, variables } = windowsNotice(HOSTILE);
  expect(command).toEqual(windowsNotice({ title: 'a', body: 'b', isFailure: false }).command);
  expect(variables).toEqual({ NOTICE_TITLE: HOSTILE.title, NOTICE_BODY: HOSTILE.body });
  expect(command.at(-1)).toContain('CreateTextNode($env:NOTICE_TITLE)');
  expect(command.at(-1)).toContain('CreateTextNode($env:NOTICE_BODY)');
});
