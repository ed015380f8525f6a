import { expect, test } from 'bun:test';
import { launchAgent, launchd, LOGIN_LABEL, loginAgent } from '../../../src/service/launchd.ts';
import { needs } from '../../needs.ts';
import { answerOf, someFacts } from './facts.ts';

test('a launchd agent starts at login, restarts after failure, gets time to stop', () => {
  expect(launchAgent(someFacts())).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
    <plist version="1.0">
    <dict>
      <key>Label</key>
      <string>gg.minis.studio-worker</string>
      <key>ProgramArguments</key>
      <array><string>/home/ada b/50% ü/studio-worker</string><string>--config</string><string>/home/ada b/50% $HOME &quot;ü&quot;/config.toml</string><string>run</string></array>
      <key>EnvironmentVariables</key>
      <dict><key>PATH</key><string>/usr/bin:/opt/a b/bin</string><key>HTTPS_PROXY</key><string>http://p%C3%A4th:$ecret@proxy.test:3128</string></dict>
      <key>RunAtLoad</key>
      <true/>
      <key>KeepAlive</key>
      <dict><key>SuccessfulExit</key><false/></dict>
      <key>ThrottleInterval</key>
      <integer>10</integer>
      <key>ExitTimeOut</key>
      <integer>90</integer>
      <key>Umask</key>
      <integer>63</integer>
      <key>StandardErrorPath</key>
      <string>/Users/ada b/Library/Logs/studio-worker.log</string>
    </dict>
    </plist>
    "
  `);
});

const asJson = ['python3', '-c', 'import json,plistlib,sys; print(json.dumps(plistlib.load(sys.stdin.buffer)))'];

needs('python3')('a property list parser reads back every path and variable unchanged', async () => {
  const { command, variables, logPath } = someFacts();
  const odd = { ...variables, ODD: '<a> & "b" \u0001\'c\'' };
  const { output } = await answerOf(asJson, launchAgent(someFacts({ variables: odd })));
  expect(JSON.parse(output)).toEqual({
    Label: 'gg.minis.studio-worker',
    ProgramArguments: [...command],
    EnvironmentVariables: { ...variables, ODD: '<a> & "b" \'c\'' },
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 10,
    ExitTimeOut: 90,
    Umask: 0o077,
    StandardErrorPath: logPath,
  });
});

needs('python3')('a login entry on macOS is a property list that opens the window', async () => {
  const { output } = await answerOf(asJson, loginAgent(['/Applications/a & b/studio-worker', 'ui']));
  expect(JSON.parse(output)).toEqual({
    Label: LOGIN_LABEL,
    ProgramArguments: ['/Applications/a & b/studio-worker', 'ui'],
    RunAtLoad: true,
  });
});

test.each([
  [{ code: 113, output: 'Could not find service' }, 'not-installed'],
  [{ code: 0, output: 'gg.minis.studio-worker = {\n\tstate = running\n}' }, 'running'],
  [{ code: 0, output: 'gg.minis.studio-worker = {\n\tstate = waiting\n}' }, 'stopped'],
] as const)('an answer of launchd is read: %j', (answer, state) => {
  expect(launchd('/Users/ada', 501).state(answer)).toBe(state);
});

test('an agent that is loaded already makes way for the new one', () => {
  const { path, activate } = launchd('/Users/ada b', 501);
  expect(path).toBe('/Users/ada b/Library/LaunchAgents/gg.minis.studio-worker.plist');
  expect(activate.map(({ command }) => command.join(' '))).toEqual([
    'launchctl bootout gui/501/gg.minis.studio-worker',
    'launchctl enable gui/501/gg.minis.studio-worker',
    `launchctl bootstrap gui/501 ${path}`,
  ]);
});
