import type { ConfigField } from '../../../local-api/contract/config.ts';
import { DAYS, type Day, type ScheduleWindow } from '../../../base/config/schedule-window.ts';
import { Button, IconButton } from '../../kit/button.tsx';
import { SCHEDULE } from '../../words/config.ts';
import { type Edit, isWindows } from './draft.ts';

interface WindowsProps {
  readonly field: ConfigField;
  readonly edit: Edit | undefined;
  readonly onEdit: (edit: Edit) => void;
}

const NEW: ScheduleWindow = { from: '22:00', to: '07:00' };

/** Hours of the week, one row each; without any the worker takes jobs at all hours. */
export function Windows({ field, edit, onEdit }: WindowsProps) {
  const windows = isWindows(edit) ? edit : isWindows(field.value) ? field.value : [];
  const put = (index: number, next: ScheduleWindow): void => onEdit(windows.toSpliced(index, 1, next));
  return (
    <div class="stack stack--tight" role="group" aria-label={field.name} id={field.key}>
      {windows.length === 0 && <p class="note">{SCHEDULE.always}</p>}
      {windows.map((window, index) => (
        <WindowRow
          key={index}
          window={window}
          id={`${field.key}-${index}`}
          label={SCHEDULE.window(index + 1)}
          onChange={(next) => put(index, next)}
          onRemove={() => onEdit(windows.toSpliced(index, 1))}
        />
      ))}
      <div>
        <Button small icon="plus" onPress={() => onEdit([...windows, NEW])}>
          {SCHEDULE.add}
        </Button>
      </div>
    </div>
  );
}

interface RowProps {
  readonly window: ScheduleWindow;
  readonly id: string;
  readonly label: string;
  readonly onChange: (window: ScheduleWindow) => void;
  readonly onRemove: () => void;
}

function WindowRow({ window, id, label, onChange, onRemove }: RowProps) {
  const { time_zone: zone = '', ...hours } = window;
  const withZone = (name: string): ScheduleWindow => (name === '' ? hours : { ...hours, time_zone: name });
  return (
    <div class="stack stack--tight" role="group" aria-label={label}>
      <div class="line">
        <TimeInput
          id={`${id}-from`}
          label={SCHEDULE.from}
          value={window.from}
          onInput={(from) => onChange({ ...window, from })}
        />
        <span aria-hidden="true">–</span>
        <TimeInput
          id={`${id}-to`}
          label={SCHEDULE.to}
          value={window.to}
          onInput={(to) => onChange({ ...window, to })}
        />
        <IconButton icon="trash" label={SCHEDULE.remove(label)} onPress={onRemove} />
      </div>
      <DayBoxes id={id} days={window.days} onChange={(days) => onChange(withDays(window, days))} />
      <div class="input input--mono">
        <input
          id={`${id}-zone`}
          type="text"
          aria-label={SCHEDULE.zone}
          placeholder={SCHEDULE.ownZone}
          value={zone}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => onChange(withZone(event.currentTarget.value.trim()))}
        />
      </div>
    </div>
  );
}

/** Every day is what the file says by naming none. */
function withDays({ days: _before, ...window }: ScheduleWindow, days: Day[]): ScheduleWindow {
  return days.length === DAYS.length || days.length === 0 ? window : { ...window, days };
}

interface TimeProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
}

/** A text, since a browser's own field of a time knows no `24:00`. */
const TimeInput = ({ id, label, value, onInput }: TimeProps) => (
  <div class="input input--num">
    <input
      id={id}
      type="text"
      inputMode="numeric"
      maxLength={5}
      aria-label={label}
      value={value}
      onInput={(event) => onInput(event.currentTarget.value.trim())}
    />
  </div>
);

interface DayProps {
  readonly id: string;
  readonly days: readonly Day[] | undefined;
  readonly onChange: (days: Day[]) => void;
}

function DayBoxes({ id, days = DAYS, onChange }: DayProps) {
  return (
    <div class="line" role="group" aria-label={SCHEDULE.days}>
      {DAYS.map((day) => (
        <label key={day} class="line line--nowrap sm">
          <input
            id={`${id}-${day}`}
            type="checkbox"
            checked={days.includes(day)}
            onChange={(event) => {
              const isOn = event.currentTarget.checked;
              onChange(DAYS.filter((one) => (one === day ? isOn : days.includes(one))));
            }}
          />
          {SCHEDULE.dayNames[day]}
        </label>
      ))}
    </div>
  );
}
