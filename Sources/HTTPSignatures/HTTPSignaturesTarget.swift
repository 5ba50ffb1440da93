enum HTTPSignaturesTarget {}
