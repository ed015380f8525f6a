import type { ComponentChildren } from 'preact';
import { Icon } from './icons/icons.tsx';

export type LogLevel = 'info' | 'warn' | 'error';
export const LEVEL_ICONS = { info: 'info', warn: 'warn', error: 'failed' } as const;

/** A level as it is shown: what no row has a look for is no trouble. */
export const levelOf = (level: string): LogLevel => (level === 'warn' || level === 'error' ? level : 'info');

interface LogRowProps {
  readonly time: string;
  readonly level: LogLevel;
  readonly text: ComponentChildren;
}

const Level = ({ level }: { readonly level: LogLevel }) => (
  <span class="level">
    <Icon name={LEVEL_ICONS[level]} />
    <span>{level}</span>
  </span>
);

/** A line of a job's own log. */
export const SmallLogRow = ({ time, level, text }: LogRowProps) => (
  <li class="log__row" data-level={level}>
    <time>{time}</time>
    <Level level={level} />
    <span class="log__text">{text}</span>
  </li>
);

interface PlainLogRowProps extends LogRowProps {
  readonly area: string;
  readonly link?: ComponentChildren;
}

/** A line among a few, which does not open. */
export const PlainLogRow = ({ time, level, text, area, link }: PlainLogRowProps) => (
  <li class="log__row" data-level={level}>
    <time>{time}</time>
    <Level level={level} />
    <span class="log__area">{area}</span>
    <span class="log__text">{text}</span>
    {link ?? <span />}
  </li>
);

interface WideLogRowProps extends LogRowProps {
  readonly area: string;
  readonly link?: ComponentChildren;
  readonly more?: ComponentChildren;
  readonly open: boolean;
  /** The row that Tab goes to. */
  readonly isStop: boolean;
  readonly onOpen: () => void;
  readonly onFocus: () => void;
}

/** A line of the worker's log. */
export const LogRow = ({ time, level, text, area, link, more, open, isStop, onOpen, onFocus }: WideLogRowProps) => (
  <li
    class="log__row"
    data-level={level}
    data-row
    tabIndex={isStop ? 0 : -1}
    aria-current={open ? true : undefined}
    onClick={onOpen}
    onFocus={onFocus}
    onKeyDown={(event) => event.key === 'Enter' && event.target === event.currentTarget && onOpen()}
  >
    <time>{time}</time>
    <Level level={level} />
    <span class="log__area">{area}</span>
    <span class="log__text">{text}</span>
    {link ?? <span />}
    {open && more !== undefined && <div class="log__more">{more}</div>}
  </li>
);
