# Makes rate_references.csv, which test_textbook.py compares with. Base R only:
#   Rscript tests/reference/make_rate_references.R
#
# exact:      poisson.test, two-sided; one-sided (alternative = "less") without events
# mid_p:      roots of the mid-p tail on ppois and dpois
# noncentral: limits of the noncentrality of t by root finding on pt(..., ncp)
# wilson:     prop.test without continuity correction
# clustered:  glm(poisson) with an offset, sandwich variance by hand from its residuals

digits <- function(x) sprintf("%.12g", x)
rows <- list()
add <- function(what, a, b, level, low, high) {
  rows[[length(rows) + 1]] <<- c(what, digits(c(a, b, level, low, high)))
}
root <- function(f, from, to) uniroot(f, c(from, to), tol = 1e-13, maxiter = 10000)$root

mid_p <- function(x, level) {
  at_most <- function(mean) ppois(x, mean) - dpois(x, mean) / 2
  alpha <- 1 - level
  c(root(function(m) at_most(m) - (1 - alpha / 2), 1e-9, x), root(function(m) at_most(m) - alpha / 2, x, 10 * x + 20))
}

for (level in c(0.8, 0.95, 0.99)) {
  for (x in c(1, 2, 7, 9, 40, 250)) {
    exact <- poisson.test(x, conf.level = level)$conf.int
    add("exact", x, 0, level, exact[1], exact[2])
    add("mid_p", x, 0, level, mid_p(x, level)[1], mid_p(x, level)[2])
  }
  less <- poisson.test(0, conf.level = level, alternative = "less")$conf.int
  add("exact", 0, 0, level, less[1], less[2])
  for (df in c(8, 38, 398)) {
    for (t in c(-4, -0.3, 0, 2, 5)) {
      limit <- function(p) root(function(ncp) pt(t, df, ncp) - p, t - 15, t + 15)
      add("noncentral", t, df, level, limit((1 + level) / 2), limit((1 - level) / 2))
    }
  }
  for (x in c(0, 1, 9, 20)) {
    wilson <- suppressWarnings(prop.test(x, 20, conf.level = level, correct = FALSE)$conf.int)
    add("wilson", x, 20, level, wilson[1], wilson[2])
  }
  # Ten people; the same numbers are in test_textbook.py.
  y <- c(3, 0, 1, 0, 0, 2, 0, 0, 1, 0)
  h <- c(5, 4.5, 6, 2, 5.5, 7, 1.5, 6, 5, 4)
  fit <- glm(y ~ 1, family = poisson, offset = log(h), control = list(epsilon = 1e-14))
  residual <- y - fitted(fit)
  se <- sqrt(10 / 9 * sum(residual^2)) / sum(fitted(fit))
  around <- coef(fit)[[1]] + log(sum(h)) + c(-1, 1) * qt((1 + level) / 2, 9) * se
  add("clustered", sum(y), 10, level, exp(around[1]), exp(around[2]))
}

table <- as.data.frame(do.call(rbind, rows))
names(table) <- c("what", "a", "b", "level", "low", "high")
script <- sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))
output <- file(file.path(dirname(script), "rate_references.csv"), "w")
writeLines(paste("#", R.version.string), output)
write.csv(table, output, row.names = FALSE, quote = FALSE)
close(output)
