import type {
  FullScreenReading,
  PowerReading,
  ProgramsReading,
  UnknownReading,
} from '../../system/surroundings/readings.ts';
import type { Condition, ConditionName } from './condition.ts';

/*
 * How readings of the machine stand to what the operator ties jobs to. Each sentence names what decided it, so that whoever
 * wonders can look at the same place.
 */

export function batteryCondition(reading: PowerReading): Condition {
  const what = 'battery';
  if (reading.is === 'unknown') return untold(what, 'whether this machine runs on battery is not known', reading);
  const isMet = reading.is === 'mains';
  const because = `this machine runs on ${isMet ? 'mains power' : 'battery'} (${reading.source})`;
  return { what, isMet, isKnown: true, because };
}

export function fullScreenCondition(reading: FullScreenReading): Condition {
  const what = 'full-screen';
  if (reading.is === 'unknown') return untold(what, 'whether a program fills the screen is not known', reading);
  const { source, program = '' } = reading;
  const isMet = reading.is === 'windowed';
  const who = program === '' ? 'a program' : program;
  const because = isMet ? `no program fills the screen (${source})` : `${who} fills the screen (${source})`;
  return { what, isMet, isKnown: true, because };
}

export function programsCondition(wanted: readonly string[], reading: ProgramsReading): Condition {
  const what = 'programs';
  if (reading.is === 'unknown') return untold(what, 'which programs run is not known', reading);
  const running = runningOf(wanted, reading.names);
  const isMet = running.length === 0;
  const because = isMet
    ? `none of pause_for_programs runs (${wanted.join(', ')})`
    : `${running.join(' and ')} ${running.length === 1 ? 'runs' : 'run'} (pause_for_programs)`;
  return { what, isMet, isKnown: true, because };
}

/** Which of the wanted programs run. Letter case does not matter, nor whether `.exe` was written. */
export function runningOf(wanted: readonly string[], names: readonly string[]): readonly string[] {
  const running = new Set(names.map(plainName));
  return wanted.filter((name) => running.has(plainName(name)));
}

const plainName = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/\.exe$/, '');

const untold = (what: ConditionName, because: string, reading: UnknownReading): Condition => ({
  what,
  isMet: true,
  isKnown: false,
  because: `${because} (${reading.because})`,
});
