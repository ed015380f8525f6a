import { WorkerError } from '../base/errors.ts';
import type { ServiceFacts, ServiceManager, ServiceState, ServiceStep } from './service.ts';

/** Studio contract: the unit's name. */
export const UNIT = 'minis-studio-worker.service';

/** systemd, for the units of one account. `configHome` is the account's folder for settings. */
export const systemd = (configHome: string): ServiceManager => ({
  name: 'systemd',
  path: `${configHome}/systemd/user/${UNIT}`,
  encoding: 'utf8',
  text: systemdUnit,
  activate: [
    { command: ['systemctl', '--user', 'daemon-reload'] },
    { command: ['systemctl', '--user', 'enable', UNIT] },
    // Not `enable --now`: a unit that runs already would go on with the text it was started with.
    { command: ['systemctl', '--user', 'restart', UNIT] },
  ],
  deactivate: [{ command: ['systemctl', '--user', 'disable', '--now', UNIT], mayFail: true }],
  forget: [
    { command: ['systemctl', '--user', 'daemon-reload'], mayFail: true },
    { command: ['systemctl', '--user', 'reset-failed', UNIT], mayFail: true },
  ],
  query: { command: ['systemctl', '--user', 'is-active', UNIT], mayFail: true },
  state: ({ output }) => STATES.get(output.trim()) ?? 'stopped',
});

/** Prints what the service logged last, so many lines of it. */
export const journalCommand = (lines: number): ServiceStep['command'] => [
  'journalctl',
  '--user',
  '-u',
  UNIT,
  '-n',
  String(lines),
  '--no-pager',
  '-o',
  'short-iso',
];

const STATES: ReadonlyMap<string, ServiceState> = new Map([
  ['active', 'running'],
  ['reloading', 'running'],
  ['activating', 'starting'],
  ['failed', 'failed'],
]);

/** Exit codes after which another start changes nothing: a wrong command line, a refusal by the studio, a wrong config. */
const FINAL_EXITS = [64, 77, 78];
/** Three times the longest wait for a heartbeat's answer; see the feeding of the watchdog. */
const WATCHDOG_SECS = 180;
/** Native files are unpacked and drivers are asked before the worker reports that it is ready. */
const START_SECS = 120;

/**
 * What holds everywhere. All of it leaves engines what they need: GPU devices, JIT compilers, shared memory, sockets.
 * Not `MemoryDenyWriteExecute`, which no JIT survives; not `PrivateDevices`, which hides GPUs.
 */
const HARDENING = [
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'RestrictNamespaces=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@privileged',
  'SystemCallErrorNumber=EPERM',
  'UMask=0077',
];

/**
 * What needs a user namespace. Without one, systemd 252 silently skips the parts about files and fails on those about
 * capabilities (status 218), so all of it is left out where the system grants none. Not `ProtectKernelTunables` and
 * `ProtectKernelLogs`: their mounts fail in containers (status 226). Not `ProtectProc` and
 * `ProtectControlGroups`: with them the socket of systemd's own was not to be seen.
 */
export const ISOLATION: readonly string[] = [
  'PrivateUsers=yes',
  'PrivateTmp=yes',
  'ProtectSystem=strict',
  'ProtectHome=read-only',
  'ProtectKernelModules=yes',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'CapabilityBoundingSet=',
];

/** Whether a service of this account may be isolated: one that only reports that it is ready, started with all of it. */
export const isolationProbe: readonly [string, ...string[]] = [
  'systemd-run',
  '--user',
  '--wait',
  '--collect',
  '--quiet',
  ...['Type=notify', 'NotifyAccess=main', 'TimeoutStartSec=10', ...ISOLATION].flatMap((setting) => ['-p', setting]),
  'systemd-notify',
  '--ready',
];

/**
 * The unit's text.
 *
 * @throws WorkerError `service.unsupported` for a path with a line break
 */
export function systemdUnit(facts: ServiceFacts): string {
  const { command, variables, memory, stopSecs, gpuHelper } = facts;
  return [
    '# Written by `studio-worker install-service`. Run that again instead of editing this file.',
    '[Unit]',
    'Description=studio-worker, which takes jobs from a studio and runs them on this machine',
    'After=network-online.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=notify',
    'NotifyAccess=main',
    // Loads the driver's modules and makes its devices, which the service itself may not once it is hardened.
    ...(gpuHelper === undefined ? [] : [`ExecStartPre=-+${quoted(gpuHelper)} -c0 -u`]),
    `ExecStart=${startLine(command)}`,
    ...Object.entries(variables).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    'Restart=on-failure',
    'RestartSec=5',
    `RestartPreventExitStatus=${FINAL_EXITS.join(' ')}`,
    `TimeoutStartSec=${START_SECS}`,
    `TimeoutStopSec=${stopSecs}`,
    `WatchdogSec=${WATCHDOG_SECS}`,
    'WatchdogSignal=SIGKILL',
    // A stop reaches the worker alone, which lets a running job finish; an engine that runs out of memory costs one job.
    'KillMode=mixed',
    'OOMPolicy=continue',
    `MemoryHigh=${memory.MemoryHigh}`,
    `MemoryMax=${memory.MemoryMax}`,
    ...HARDENING,
    ...isolation(facts),
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n');
}

function isolation({ isolated, writable }: ServiceFacts): readonly string[] {
  if (!isolated) return [];
  return [
    ...ISOLATION,
    ...[...new Set(writable)].toSorted().map((folder) => `ReadWritePaths=${quoted(`-${folder}`)}`),
    // Presence is asked of the X server by a socket that is in the shared folder for temporary files.
    'BindReadOnlyPaths=-/tmp/.X11-unix',
  ];
}

/** systemd takes no program whose path holds a quotation mark or a backslash; `env` turns into any. */
function startLine([program, ...args]: ServiceFacts['command']): string {
  const words = args.map(argument);
  return /["'\\]/.test(program)
    ? ['/usr/bin/env', argument(program), ...words].join(' ')
    : [quoted(program), ...words].join(' ');
}

/** A word of an argument list, in which `$` begins a variable; in the program's own path it does not. */
const argument = (text: string): string => quoted(text).replaceAll('$', '$$$$');

/** A word in systemd's quotes: `%` begins a specifier, and a backslash an escape (systemd.syntax(7)). */
function quoted(text: string): string {
  if (/[\r\n\0]/.test(text)) {
    throw new WorkerError('service.unsupported', `a systemd unit cannot hold the text ${JSON.stringify(text)}`, {
      hint: 'Use a path without line breaks.',
    });
  }
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** What a unit written for another config keeps the worker from: an isolated one must name the folder for models. */
export function missingRights(unit: string, modelsRoot: string): readonly string[] {
  if (!unit.includes('\nProtectSystem=strict\n')) return [];
  const isWritable = unit
    .split('\n')
    .some((line) => line.startsWith('ReadWritePaths=') && line.includes(`-${modelsRoot.replaceAll('%', '%%')}`));
  return isWritable ? [] : [`the right to write ${modelsRoot}`];
}
