import type { ServiceFacts, ServiceManager } from './service.ts';
import { xmlText } from './xml.ts';

/** Studio contract: the task's name. */
const TASK = 'MinisStudioWorker';

/** The Task Scheduler of Windows, for one account. `appData` is the account's roaming folder. */
export function taskScheduler(appData: string): ServiceManager {
  const path = `${appData}\\minis-studio-worker\\minis-studio-worker.task.xml`;
  return {
    name: 'Task Scheduler',
    path,
    encoding: 'utf16le-with-mark',
    text: scheduledTask,
    activate: [
      { command: ['schtasks', '/Create', '/XML', path, '/TN', TASK, '/F'] },
      { command: ['schtasks', '/Run', '/TN', TASK] },
    ],
    deactivate: [
      { command: ['schtasks', '/End', '/TN', TASK], mayFail: true },
      { command: ['schtasks', '/Delete', '/TN', TASK, '/F'], mayFail: true },
    ],
    forget: [],
    query: { command: ['schtasks', '/Query', '/TN', TASK, '/FO', 'CSV', '/NH'], mayFail: true },
    // Whether it runs is told in the language of Windows.
    state: ({ code }) => (code === 0 ? 'registered' : 'not-installed'),
  };
}

/**
 * The task, by version 1.4 of the Task Scheduler's schema ([MS-TSCH] 2.5). It starts at the login of this account, once,
 * also on batteries, and without a limit on its time, which is three days unless it is set.
 */
export function scheduledTask({ command, account }: ServiceFacts): string {
  const [program, ...args] = command;
  const who = `<UserId>${xmlText(account)}</UserId>`;
  return [
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<Task version="1.4" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">',
    '  <RegistrationInfo>',
    '    <Description>Takes jobs from a studio and runs them on this machine</Description>',
    `    <URI>\\${TASK}</URI>`,
    '  </RegistrationInfo>',
    '  <Triggers>',
    `    <LogonTrigger><Enabled>true</Enabled>${who}</LogonTrigger>`,
    '  </Triggers>',
    '  <Principals>',
    `    <Principal id="Author">${who}<LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel></Principal>`,
    '  </Principals>',
    '  <Settings>',
    '    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>',
    '    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>',
    '    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>',
    '    <AllowHardTerminate>true</AllowHardTerminate>',
    '    <StartWhenAvailable>true</StartWhenAvailable>',
    '    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>',
    '    <AllowStartOnDemand>true</AllowStartOnDemand>',
    '    <Enabled>true</Enabled>',
    '    <Hidden>false</Hidden>',
    '    <RunOnlyIfIdle>false</RunOnlyIfIdle>',
    '    <WakeToRun>false</WakeToRun>',
    '    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>',
    '    <Priority>7</Priority>',
    '    <RestartOnFailure><Interval>PT1M</Interval><Count>10</Count></RestartOnFailure>',
    '  </Settings>',
    '  <Actions Context="Author">',
    `    <Exec><Command>${xmlText(program)}</Command><Arguments>${xmlText(windowsLine(args))}</Arguments></Exec>`,
    '  </Actions>',
    '</Task>',
    '',
  ].join('\r\n');
}

/** Arguments as one line, which programs split again by the rules of `CommandLineToArgvW`. */
export const windowsLine = (args: readonly string[]): string => args.map(windowsWord).join(' ');

function windowsWord(text: string): string {
  if (text !== '' && !/[\s"]/.test(text)) return text;
  // Backslashes count only in front of a quotation mark, and the closing one is one, too.
  return `"${text.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}
