/** The agent's repository gives no commit that passes: broken, emptied, malformed or too large. The agent's doing. */
export class CollectFailed extends Error {
  readonly detail: string;
  constructor(detail: string) {
    super("The agent left its repository in a state from which its commits cannot be taken.");
    this.name = "CollectFailed";
    this.detail = detail;
  }
}
