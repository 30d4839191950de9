// Numbers as microgradnet/figures.py prints them, digit by digit.

const NOISE_IN_ULPS = 16;
const LARGEST_WHOLE = 1e6;

// Return [text, whether the digits are the number].
function show(number, digits) {
  if (!Number.isFinite(number)) return [String(number).replace("Infinity", "∞").replace("NaN", "nan"), true];
  if (Number.isInteger(number) && Math.abs(number) < LARGEST_WHOLE) return [String(number + 0), true];
  const padded = toDigits(number, digits);
  const isExact = Math.abs(Number(padded) - number) <= NOISE_IN_ULPS * ulp(number);
  return [isExact ? unpadded(padded) : padded, isExact];
}

const typeset = (text) => text.replace(/-/g, "−");
const writeFigure = (number, digits) => typeset(show(number, digits)[0]);

// Round to so many digits; a half goes to the even digit, as in Python, and not up, as in JavaScript.
function toDigits(number, digits) {
  let [mantissa, exponent] = number.toExponential(digits - 1).split("e");
  const exact = number.toExponential(Math.min(digits + 60, 100));
  const rest = exact.split("e")[0].replace(/[-.]/g, "").slice(digits);
  if (/^50*$/.test(rest)) {
    const whole = BigInt(exact.replace(/[-.]/g, "").slice(0, digits));
    const even = String(whole + (whole % 2n)).padStart(digits, "0");
    if (even.length === digits) {
      mantissa = (number < 0 ? "-" : "") + (digits > 1 ? `${even[0]}.${even.slice(1)}` : even);
      exponent = exact.split("e")[1];
    }
  }
  return placed(mantissa, Number(exponent), digits);
}

function placed(mantissa, exponent, digits) {
  if (exponent < -4 || exponent >= digits) return `${mantissa}e${exponent}`;
  const sign = mantissa.startsWith("-") ? "-" : "";
  const figures = mantissa.replace(/[-.]/g, "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${figures}`;
  const rest = figures.slice(exponent + 1);
  return sign + figures.slice(0, exponent + 1) + (rest ? `.${rest}` : "");
}

function unpadded(text) {
  const [mantissa, exponent] = text.split("e");
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return exponent === undefined ? short : `${short}e${exponent}`;
}

function ulp(number) {
  const size = Math.abs(number);
  if (size < 2 ** -1022) return 2 ** -1074;
  let exponent = Math.floor(Math.log2(size));
  if (2 ** exponent > size) exponent -= 1;
  else if (2 ** (exponent + 1) <= size) exponent += 1;
  return 2 ** (exponent - 52);
}
