/** Which file of a model's folder is at fault, and how. */
export class BadModelFile extends Error {
  readonly file: string;

  constructor(file: string, message: string) {
    super(message);
    this.file = file;
  }
}
