import { commandHelp } from '../src/cli/view/help.ts';
import type { Command, CommandTable } from '../src/cli/command.ts';

const ABOUT = 'takes generation jobs from a studio and runs them on this machine';

/** The manual page, in the man(7) language, made from the same table as the help texts. */
export async function manPage(table: CommandTable, version: string): Promise<string> {
  const commands = await commandsIn(table, []);
  const texts = await Promise.all(commands.map(section));
  return `${[
    `.TH STUDIO\\-WORKER 1 "" "studio\\-worker ${roff(version)}" "User Commands"`,
    '.SH NAME',
    `studio\\-worker \\- ${ABOUT}`,
    '.SH SYNOPSIS',
    '.B studio\\-worker',
    '.I command',
    '.RI [ flags ]',
    '.SH DESCRIPTION',
    roff(DESCRIPTION),
    '.SH COMMANDS',
    ...texts,
    '.SH FILES',
    ...FILES.flatMap(([path, what]) => ['.TP', `.I ${roff(path)}`, roff(what)]),
    '.SH EXIT STATUS',
    roff('0 on success, 64 for an invalid command line, 70 for a bug; the help of a command lists its others.'),
  ].join('\n')}\n`;
}

const DESCRIPTION =
  'Connects to a studio by WebSocket, accepts the jobs that fit this machine, runs them and delivers the results. ' +
  'It opens no port. Start with "studio-worker setup", or see it work with "studio-worker demo".';

const FILES: readonly (readonly [path: string, what: string])[] = [
  ['~/.config/minis-studio-worker/config.toml', 'The config file on Linux, with a comment for each key.'],
  ['~/Library/Application Support/gg.minis.minis-studio-worker/config.toml', 'The config file on macOS.'],
  ['~/models', 'The models, unless the config names another folder.'],
];

interface Named {
  readonly path: readonly string[];
  readonly command: Command;
}

/** Every command in the order of the table, each before those below it. */
async function commandsIn(table: CommandTable, above: readonly string[]): Promise<readonly Named[]> {
  const all: Named[] = [];
  for (const [name, load] of Object.entries(table)) {
    const command = await load();
    const path = [...above, name];
    all.push({ path, command }, ...(await commandsIn(command.subCommands, path)));
  }
  return all;
}

/** A command's own help, its columns kept: the page says what `--help` says. */
async function section({ path, command }: Named): Promise<string> {
  const help = await commandHelp(path, command);
  return [`.SS ${roff(path.join(' '))}`, '.EX', roff(help), '.EE'].join('\n');
}

/** Text as roff prints it: its escape, its hyphens that are to be copied, and lines that would be taken as requests. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&');
