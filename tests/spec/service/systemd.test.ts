import { expect, test } from 'bun:test';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ISOLATION, isolationProbe, systemd, systemdUnit, UNIT } from '../../../src/service/systemd.ts';
import { needs } from '../../needs.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';
import { answerOf, someFacts } from './facts.ts';

test('a systemd unit starts, watches and confines the worker', () => {
  expect(systemdUnit(someFacts({ gpuHelper: '/usr/bin/nvidia-modprobe' }))).toMatchInlineSnapshot(`
    "# Written by \`studio-worker install-service\`. Run that again instead of editing this file.
    [Unit]
    Description=studio-worker, which takes jobs from a studio and runs them on this machine
    After=network-online.target
    StartLimitIntervalSec=0

    [Service]
    Type=notify
    NotifyAccess=main
    ExecStartPre=-+/usr/bin/nvidia-modprobe -c0 -u
    ExecStart="/home/ada b/50%% ü/studio-worker" --config "/home/ada b/50%% $$HOME \\"ü\\"/config.toml" run
    Environment="PATH=/usr/bin:/opt/a b/bin"
    Environment="HTTPS_PROXY=http://p%%C3%%A4th:$ecret@proxy.test:3128"
    Restart=on-failure
    RestartSec=5
    RestartPreventExitStatus=64 77 78
    TimeoutStartSec=120
    TimeoutStopSec=90
    WatchdogSec=180
    WatchdogSignal=SIGKILL
    KillMode=mixed
    OOMPolicy=continue
    MemoryHigh=29491M
    MemoryMax=32G
    NoNewPrivileges=yes
    LockPersonality=yes
    RestrictRealtime=yes
    RestrictSUIDSGID=yes
    RestrictNamespaces=yes
    RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
    SystemCallArchitectures=native
    SystemCallFilter=@system-service
    SystemCallFilter=~@privileged
    SystemCallErrorNumber=EPERM
    UMask=0077
    PrivateUsers=yes
    PrivateTmp=yes
    ProtectSystem=strict
    ProtectHome=read-only
    ProtectKernelModules=yes
    ProtectClock=yes
    ProtectHostname=yes
    CapabilityBoundingSet=
    ReadWritePaths="-/home/ada b/.cache"
    ReadWritePaths="-/home/ada b/models"
    BindReadOnlyPaths=-/tmp/.X11-unix

    [Install]
    WantedBy=default.target
    "
  `);
});

test('a unit without user namespaces keeps only the settings that work there', () => {
  const text = systemdUnit(someFacts({ isolated: false }));
  expect(text).toContain('NoNewPrivileges=yes\n');
  for (const setting of [...ISOLATION, 'ReadWritePaths', 'BindReadOnlyPaths']) expect(text).not.toContain(setting);
  expect(isolationProbe.filter((word) => ISOLATION.includes(word))).toEqual([...ISOLATION]);
});

test('a path with a line break is rejected rather than written as two settings', async () => {
  const write = async (): Promise<string> => systemdUnit(someFacts({ command: ['/a\nExecStartPre=/b', 'run'] }));
  expect(await failureOf(write())).toMatchObject({ code: 'service.unsupported' });
});

test.each([
  ['active\n', 'running'],
  ['reloading\n', 'running'],
  ['activating\n', 'starting'],
  ['failed\n', 'failed'],
  ['inactive\n', 'stopped'],
  ['Failed to connect to bus: No medium found\n', 'stopped'],
] as const)('a unit that answers %j is %s', (output, state) => {
  expect(systemd('/home/ada/.config').state({ code: 3, output })).toBe(state);
});

/** As a user manager would, which has a folder for what runs. */
const analyze = (runtime: string, ...args: readonly string[]): Promise<{ code: number; output: string }> =>
  answerOf(['systemd-analyze', '--user', ...args], '', { XDG_RUNTIME_DIR: runtime });

for (const name of ['50% $HOME ü/studio worker', `"'\\ $x/studio-worker`]) {
  needs('systemd-analyze')(`systemd itself accepts a unit whose program is ${name}`, async () => {
    await using folder = await tempFolder();
    const program = folder.at(name);
    await mkdir(dirname(program));
    await writeFile(program, '#!/bin/sh\n');
    await chmod(program, 0o755);
    const unit = folder.at(UNIT);
    await writeFile(unit, systemdUnit(someFacts({ command: [program, 'run'], gpuHelper: '/bin/true' })));
    const verified = await analyze(folder.path, '--man=no', '--recursive-errors=no', 'verify', unit);
    expect(verified).toEqual({ code: 0, output: '' });
  });
}

needs('systemd-analyze')('a mistyped setting would not pass the check of systemd', async () => {
  await using folder = await tempFolder();
  const unit = folder.at(UNIT);
  await writeFile(
    unit,
    systemdUnit(someFacts({ command: ['/bin/true', 'run'] })).replace('KillMode=mixed', 'KillMode=mild'),
  );
  const { output } = await analyze(folder.path, '--man=no', 'verify', unit);
  expect(output).toContain('kill mode');
});

needs('systemd-analyze')('the unit is rated as little exposed', async () => {
  await using folder = await tempFolder();
  const unit = folder.at(UNIT);
  await writeFile(unit, systemdUnit(someFacts({ command: ['/bin/true', 'run'] })));
  const { output } = await analyze(folder.path, '--offline=yes', '--no-pager', 'security', unit);
  const [, score = '10'] = /Overall exposure level for .*: ([\d.]+)/.exec(output) ?? [];
  expect(Number(score)).toBeLessThan(4);
});
