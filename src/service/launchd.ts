import type { ServiceFacts, ServiceManager } from './service.ts';
import { xmlText } from './xml.ts';

/** Studio contract: labels of the service and of the entry at a login. */
const LABEL = 'gg.minis.studio-worker';
export const LOGIN_LABEL = 'gg.minis.studio-worker-ui';

/** Where launchd finds the agent of this label (launchd.plist(5)). */
export const agentPath = (homeDir: string, label: string): string => `${homeDir}/Library/LaunchAgents/${label}.plist`;

/** Where the service's output goes, which macOS keeps nowhere by itself. */
export const logPathIn = (homeDir: string): string => `${homeDir}/Library/Logs/studio-worker.log`;

/** launchd, for the agents of one account. An account that is not logged in has the domain `user` only. */
export function launchd(homeDir: string, userId: number): ServiceManager {
  const path = agentPath(homeDir, LABEL);
  const domain = `gui/${userId}`;
  return {
    name: 'launchd',
    path,
    encoding: 'utf8',
    text: launchAgent,
    activate: [
      { command: ['launchctl', 'bootout', `${domain}/${LABEL}`], mayFail: true },
      { command: ['launchctl', 'enable', `${domain}/${LABEL}`], mayFail: true },
      { command: ['launchctl', 'bootstrap', domain, path] },
    ],
    deactivate: [{ command: ['launchctl', 'bootout', `${domain}/${LABEL}`], mayFail: true }],
    forget: [],
    query: { command: ['launchctl', 'print', `${domain}/${LABEL}`], mayFail: true },
    state({ code, output }) {
      if (code !== 0) return 'not-installed';
      return /^\s*state = running$/m.test(output) ? 'running' : 'stopped';
    },
  };
}

/** launchd starts again what failed, and no sooner than after this. */
const THROTTLE_SECS = 10;
/** 0077: what the worker writes is the account's alone. */
const UMASK = 0o077;

/** The service's property list. It restarts after a failure, and not after an end that was asked for. */
export const launchAgent = ({ command, variables, stopSecs, logPath }: ServiceFacts): string =>
  propertyList([
    ['Label', LABEL],
    ['ProgramArguments', command],
    ['EnvironmentVariables', variables],
    ['RunAtLoad', true],
    ['KeepAlive', { SuccessfulExit: false }],
    ['ThrottleInterval', THROTTLE_SECS],
    ['ExitTimeOut', stopSecs],
    ['Umask', UMASK],
    ['StandardErrorPath', logPath],
  ]);

/** The entry that starts the window at a login. */
export const loginAgent = (command: readonly string[]): string =>
  propertyList([
    ['Label', LOGIN_LABEL],
    ['ProgramArguments', command],
    ['RunAtLoad', true],
  ]);

type PlistValue = string | number | boolean | readonly string[] | { readonly [name: string]: string | boolean };

const propertyList = (entries: readonly (readonly [key: string, value: PlistValue])[]): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    ...entries.map(([key, value]) => `  <key>${xmlText(key)}</key>\n  ${valueText(value)}`),
    '</dict>',
    '</plist>',
    '',
  ].join('\n');

function valueText(value: PlistValue): string {
  if (typeof value === 'string') return `<string>${xmlText(value)}</string>`;
  if (typeof value === 'number') return `<integer>${value}</integer>`;
  if (typeof value === 'boolean') return value ? '<true/>' : '<false/>';
  if (isList(value)) return `<array>${value.map(valueText).join('')}</array>`;
  const entries = Object.entries(value).map(([key, inner]) => `<key>${xmlText(key)}</key>${valueText(inner)}`);
  return `<dict>${entries.join('')}</dict>`;
}

const isList = (value: PlistValue): value is readonly string[] => Array.isArray(value);
