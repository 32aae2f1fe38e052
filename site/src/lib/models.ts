/** The address of a model's page. */
export const modelPath = (id: string): string => `/app/models/?model=${encodeURIComponent(id)}`;
