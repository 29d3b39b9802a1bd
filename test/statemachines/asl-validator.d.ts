declare module 'asl-validator' {
  const validate: (definition: unknown) => { readonly isValid: boolean; errorsText(): string };
  export default validate;
}
