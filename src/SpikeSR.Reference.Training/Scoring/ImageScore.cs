namespace SpikeSR.Reference.Training.Scoring;

/// <summary>One picture's score.</summary>
/// <param name="Name">File name without its folder.</param>
/// <param name="Width">Width of the picture in pixels.</param>
/// <param name="Height">Its height.</param>
/// <param name="Model">The network's enlargement.</param>
/// <param name="Bicubic">Bicubic enlargement.</param>
public sealed record ImageScore(string Name, int Width, int Height, ImageQuality Model, ImageQuality Bicubic);
