const weights = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1];

/** The year that digits 5 to 7 of a CPR number stand for, by the register's own table. */
const yearOf = (yy: number, seventh: number): number => {
  if (seventh < 4) return 1900 + yy;
  if (seventh === 4 || seventh === 9) return (yy < 37 ? 2000 : 1900) + yy;
  return (yy < 58 ? 2000 : 1800) + yy;
};

const isDay = (year: number, month: number, day: number): boolean =>
  month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();

/** Whether ten digits can be a CPR number: its first six are a day that existed in the century of its seventh. */
const hasDay = (digits: string): boolean => {
  const year = yearOf(Number(digits.slice(4, 6)), Number(digits[6]));
  return isDay(year, Number(digits.slice(2, 4)), Number(digits.slice(0, 2)));
};

const hasModulus = (digits: string): boolean =>
  weights.reduce((sum, weight, at) => sum + weight * Number(digits[at]), 0) % 11 === 0;

/**
 * Whether a text is a CPR number. Since October 2007 numbers are given out that do not fulfil modulus 11: where six and four digits stand
 * apart, the day alone decides; ten digits in a row must fulfil it too, or every long number would be one.
 */
export const isCpr = (text: string): boolean => {
  const [, first, between, last] = /^(\d{6})([- ]?)(\d{4})$/.exec(text) ?? [];
  if (first === undefined || last === undefined) return false;
  return hasDay(first + last) && (between !== '' || hasModulus(first + last));
};
