/** Names of what a lab makes on a cluster. Pure. */

/** Longest part of a stack's name in a prefix: charts put their own names behind it, and 63 characters are all there is. */
const longest = 16;

/**
 * Name of the lab's namespace and prefix of everything that has none: the stack's name, as Kubernetes can write it, and the lab's
 * id, which tells labs of one stack name apart. Starts with a letter, as names of services must.
 */
export function labPrefix(stack: string, labId: string): string {
  const plain = dashed(stack.toLowerCase()).slice(0, longest);
  return [/^[a-z]/.test(plain) ? plain : `s-${plain}`, labId]
    .map((part) => part.replace(/^-+|-+$/g, ""))
    .filter((part) => part !== "")
    .join("-");
}

/** Value of the label with the stack's name: at most 63 characters of those that labels may have. */
export const stackLabel = (stack: string): string =>
  stack
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .slice(-63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");

const dashed = (text: string): string => text.replace(/[^a-z0-9]+/g, "-").replace(/^-/, "");
