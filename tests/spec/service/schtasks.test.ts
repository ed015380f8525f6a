import { expect, test } from 'bun:test';
import { scheduledTask, taskScheduler, windowsLine } from '../../../src/service/schtasks.ts';
import { needs } from '../../needs.ts';
import { answerOf, someFacts } from './facts.ts';

const onWindows = someFacts({
  command: ['C:\\Users\\Ada B\\50% ü & <x>\\studio-worker.exe', '--config', 'C:\\Users\\Ada B\\ü\\config.toml', 'run'],
});

test('a scheduled task starts once at login, on battery, without a time limit', () => {
  expect(scheduledTask(onWindows).replaceAll('\r\n', '\n')).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-16"?>
    <Task version="1.4" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
      <RegistrationInfo>
        <Description>Takes jobs from a studio and runs them on this machine</Description>
        <URI>\\MinisStudioWorker</URI>
      </RegistrationInfo>
      <Triggers>
        <LogonTrigger><Enabled>true</Enabled><UserId>RIG-01\\ada &lt;b&gt; &amp; ü</UserId></LogonTrigger>
      </Triggers>
      <Principals>
        <Principal id="Author"><UserId>RIG-01\\ada &lt;b&gt; &amp; ü</UserId><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel></Principal>
      </Principals>
      <Settings>
        <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
        <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
        <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
        <AllowHardTerminate>true</AllowHardTerminate>
        <StartWhenAvailable>true</StartWhenAvailable>
        <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
        <AllowStartOnDemand>true</AllowStartOnDemand>
        <Enabled>true</Enabled>
        <Hidden>false</Hidden>
        <RunOnlyIfIdle>false</RunOnlyIfIdle>
        <WakeToRun>false</WakeToRun>
        <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
        <Priority>7</Priority>
        <RestartOnFailure><Interval>PT1M</Interval><Count>10</Count></RestartOnFailure>
      </Settings>
      <Actions Context="Author">
        <Exec><Command>C:\\Users\\Ada B\\50% ü &amp; &lt;x&gt;\\studio-worker.exe</Command><Arguments>--config &quot;C:\\Users\\Ada B\\ü\\config.toml&quot; run</Arguments></Exec>
      </Actions>
    </Task>
    "
  `);
});

/** The text without its declaration, which names the encoding of the file. */
const asUtf8 = (text: string): string => text.replace(/^<\?xml[^>]*\?>\s*/, '');
const validate = (text: string): Promise<{ code: number; output: string }> =>
  answerOf(['xmllint', '--noout', '--schema', 'tests/fixtures/service/task.xsd', '-'], asUtf8(text));

needs('xmllint')('the task is valid by the schema of the Task Scheduler', async () => {
  expect(await validate(scheduledTask(onWindows))).toEqual({ code: 0, output: '- validates\n' });
});

needs('xmllint')('a task whose restarts are too frequent would not be valid', async () => {
  const { code } = await validate(scheduledTask(onWindows).replace('PT1M', 'PT1S'));
  expect(code).not.toBe(0);
});

test.each([
  [['run'], 'run'],
  [['--config', 'C:\\a b\\c.toml', 'run'], '--config "C:\\a b\\c.toml" run'],
  [['C:\\a b\\'], '"C:\\a b\\\\"'],
  [['say "hi"'], '"say \\"hi\\""'],
  [['a\\"b'], '"a\\\\\\"b"'],
  [[''], '""'],
])('arguments %j become the line %s', (args, line) => {
  expect(windowsLine(args)).toBe(line);
});

test('the task is registered for real and replaces an earlier one', () => {
  const { path, activate, encoding } = taskScheduler('C:\\Users\\Ada B\\AppData\\Roaming');
  expect(path).toBe('C:\\Users\\Ada B\\AppData\\Roaming\\minis-studio-worker\\minis-studio-worker.task.xml');
  expect(activate[0]?.command).toEqual(['schtasks', '/Create', '/XML', path, '/TN', 'MinisStudioWorker', '/F']);
  expect(encoding).toBe('utf16le-with-mark');
});
