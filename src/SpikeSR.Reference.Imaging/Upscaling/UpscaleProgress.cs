namespace SpikeSR.Reference.Imaging.Upscaling;

/// <summary>How far an image has come.</summary>
/// <param name="TilesDone">Tiles that are done.</param>
/// <param name="Tiles">Tiles of the image.</param>
/// <param name="PixelsDone">Input pixels of these tiles, each counted once.</param>
public readonly record struct UpscaleProgress(int TilesDone, int Tiles, long PixelsDone);
