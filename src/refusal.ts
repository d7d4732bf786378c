/** The task cannot be done as asked, and it is nobody's crash: the message is a sentence for the progress comment. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}
