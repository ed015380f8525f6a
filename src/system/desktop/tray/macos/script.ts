/*
 * The program of macOS that shows the icon: JavaScript for `osascript`, which every macOS has and which reaches the
 * system's own classes by `$` and `ObjC`. It reads one look a line from its stdin, in ASCII, so that no piece of one ends within
 * a character; it writes `shown` for each, and `action` with its name for a line of the menu that was chosen. It ends with
 * its stdin.
 */

/** What the script reads. */
export interface ScriptLook {
  /** A PNG in base64, 36 pixels wide for 18 points. */
  readonly png: string;
  readonly tip: string;
  readonly menu: readonly ScriptItem[];
}

/** A line of the menu, or a separator where there is no label. */
export interface ScriptItem {
  readonly label?: string;
  readonly action?: string;
  readonly enabled?: boolean;
}

/** Pixels of a picture that is shown 18 points wide, on a screen of twice the density. */
export const SCRIPT_ICON_PIXELS = 36;

export const TRAY_SCRIPT = String.raw`
ObjC.import('Cocoa');

function run() {
  const app = $.NSApplication.sharedApplication;
  app.setActivationPolicy($.NSApplicationActivationPolicyAccessory); // no icon in the Dock
  const item = $.NSStatusBar.systemStatusBar.statusItemWithLength($.NSVariableStatusItemLength);
  const input = $.NSFileHandle.fileHandleWithStandardInput;
  const output = $.NSFileHandle.fileHandleWithStandardOutput;
  let text = '';

  const say = (line) => output.writeData($(line + '\n').dataUsingEncoding($.NSUTF8StringEncoding));

  ObjC.registerSubclass({
    name: 'StudioWorkerTray',
    superclass: 'NSObject',
    methods: {
      'chosen:': {
        types: ['void', ['id']],
        implementation: (sender) => say('action ' + ObjC.unwrap(sender.representedObject)),
      },
      'received:': {
        types: ['void', ['id']],
        implementation: (note) => {
          const data = note.userInfo.objectForKey($.NSFileHandleNotificationDataItem);
          if (Number(data.length) === 0) return app.terminate($());
          text += ObjC.unwrap($.NSString.alloc.initWithDataEncoding(data, $.NSUTF8StringEncoding));
          const lines = text.split('\n');
          text = lines.pop();
          if (lines.length > 0) show(JSON.parse(lines[lines.length - 1]));
          input.readInBackgroundAndNotify;
        },
      },
    },
  });
  const target = $.StudioWorkerTray.alloc.init;

  const show = (look) => {
    const bytes = $.NSData.alloc.initWithBase64EncodedStringOptions($(look.png), 0);
    const image = $.NSImage.alloc.initWithData(bytes);
    image.size = $.NSMakeSize(18, 18);
    item.button.image = image;
    item.button.toolTip = $(look.tip);
    const menu = $.NSMenu.alloc.init;
    menu.autoenablesItems = false;
    for (const line of look.menu) menu.addItem(line.label === undefined ? $.NSMenuItem.separatorItem : lineOf(line));
    item.menu = menu;
    say('shown');
  };

  const lineOf = ({ label, action, enabled }) => {
    const line = $.NSMenuItem.alloc.initWithTitleActionKeyEquivalent($(label), 'chosen:', $(''));
    line.target = target;
    line.enabled = enabled;
    if (action !== undefined) line.representedObject = $(action);
    return line;
  };

  $.NSNotificationCenter.defaultCenter.addObserverSelectorNameObject(
    target,
    'received:',
    $.NSFileHandleReadCompletionNotification,
    input,
  );
  input.readInBackgroundAndNotify;
  app.run;
}
`;
