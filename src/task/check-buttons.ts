/** What is fixed about our check runs: the name, stable so that a repository may require it, and the buttons. */
export const CHECK_NAME = "orch";

/** The buttons by the name under which GitHub hands a press back; at most three, with GitHub's bounds for the texts. */
export const CHECK_BUTTONS = {
  retry: { label: "Retry", description: "Do the same task again" },
  cancel: { label: "Cancel", description: "Stop this task" },
} as const;

export type CheckButton = keyof typeof CHECK_BUTTONS;

export const isCheckButton = (name: string | undefined): name is CheckButton =>
  name !== undefined && Object.hasOwn(CHECK_BUTTONS, name);
