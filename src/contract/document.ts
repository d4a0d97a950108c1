/** Reads one JSON document of the contract and says in a sentence what is wrong with it. */
import type { z } from 'zod';
import { ContractError, type ContractErrorCode } from './contract-error.ts';

/** More problems than this are counted, not listed. */
const LISTED_PROBLEMS = 5;

/**
 * @param text JSON
 * @param what names the document in the error: 'result', 'event'
 * @throws ContractError with `code` and every problem's path, when the text is no JSON or breaks the schema
 */
export function parseDocument<T>(
  text: string,
  schema: z.ZodType<T>,
  what: string,
  code: ContractErrorCode,
): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ContractError(code, `the ${what} is not JSON`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ContractError(code, `the ${what} is invalid: ${listProblems(parsed.error)}`, {
    cause: parsed.error,
  });
}

/** The problems of a document, each with its path: `frames.0.index: expected number`. */
export function listProblems(error: z.ZodError): string {
  const listed = error.issues
    .slice(0, LISTED_PROBLEMS)
    .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  const further = error.issues.length - listed.length;
  return [...listed, ...(further > 0 ? [`and ${further} more`] : [])].join('; ');
}
