"""What a gradient is made of: by the loss it comes from, the step it is used at, the path it takes."""
