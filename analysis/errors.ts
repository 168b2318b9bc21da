/** What is wrong with a file of a bundle: what, where in it, and what to do. Shown to the user as it is, without a stack. */
export class AnalysisError extends Error {
  /** File in question, as the reader knew it. */
  readonly file: string;
  /** Line, JSON path or column inside the file; blank for the file as a whole. */
  readonly place: string;
  readonly problem: string;
  readonly remedy: string;

  constructor(problem: string, where: { file: string; place?: string; remedy: string }) {
    const place = where.place ?? "";
    super(`${where.file}: ${place === "" ? "" : `${place}: `}${problem}. ${where.remedy}`);
    this.name = "AnalysisError";
    this.file = where.file;
    this.place = place;
    this.problem = problem;
    this.remedy = where.remedy;
  }
}
