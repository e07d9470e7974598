# Multiple imputation of tests/reference/data by other software, written to tests/reference/imputation_references.json.
# Usage: Rscript tests/reference/make_imputation_references.R   (data: python tests/reference/export_reference_data.py)
# Debian packages: r-base-core r-cran-mice r-cran-mitools r-cran-jsonlite
#
# pooled: Rubin's rules by mice::pool.scalar and mitools::MIcombine.
# limits: what the pooled estimate tends to with ever more imputations, by least squares, without any draw.
# draws:  imputations of data with dropout drawn directly, one regression after the other, no Markov chain.
# chained: imputations of data in which people miss visits and come back, by mice.

suppressMessages({
  library(jsonlite)
  library(mice)
  library(mitools)
})

script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
folder <- if (length(script)) dirname(script) else "tests/reference"
VISITS <- 3
DRAWS <- 20000
CHAINS <- 500
RULES <- c("mar", "jump_to_reference", "copy_reference")

read_scores <- function(name) {
  wide <- read.csv(file.path(folder, "data", paste0(name, ".csv")))
  data.frame(running = as.numeric(wide$arm == "running"), y0 = wide$week_0, y6 = wide$week_6, y12 = wide$week_12)
}

# ---- Rubin's rules
# The degrees of freedom are those of mice: mitools 2.4 takes within / (within + between) for one less the fraction
# missing and so leaves out the 1 + 1/M of Barnard and Rubin (1999).

pooled <- lapply(list(
  list(estimates = c(1, 2, 3), ses = c(2, 2, 2), complete_df = 38),
  list(estimates = c(-15.3, -14.1, -16.8, -15.9, -13.2), ses = c(5.1, 5.4, 4.9, 5.2, 5.6), complete_df = 37),
  list(estimates = c(-5.2, -4.9, -5.1, -5.3), ses = c(2.5, 2.6, 2.4, 2.5), complete_df = 38),
  list(estimates = c(-2, 9, -11, 4, 7, -6), ses = c(3, 2.5, 3.5, 3, 2.8, 3.1), complete_df = 9),
  list(estimates = c(0.2, 0.5), ses = c(1, 1.1), complete_df = 398)
), function(set) {
  scalar <- pool.scalar(set$estimates, set$ses^2, n = set$complete_df + 1, k = 1)
  combined <- MIcombine(as.list(set$estimates), as.list(set$ses^2))
  c(set, list(mice = list(estimate = scalar$qbar, se = sqrt(scalar$t), df = scalar$df, within = scalar$ubar,
                          between = scalar$b, missing_information = scalar$fmi),
              mitools = list(estimate = coef(combined)[[1]], se = sqrt(vcov(combined)[[1]]))))
})

# ---- The regressions of each visit on the arm and the visits before: with dropout, all there is to know

regression <- function(response, predictors) {
  seen <- !is.na(response)
  x <- predictors[seen, , drop = FALSE]
  fit <- lm.fit(x, response[seen])
  list(coefficients = fit$coefficients, rss = sum(fit$residuals^2), n = sum(seen), inverse = solve(crossprod(x)))
}

regressions <- function(scores) {
  arms <- cbind(1, scores$running)
  list(regression(scores$y0, arms), regression(scores$y6, cbind(arms, scores$y0)),
       regression(scores$y12, cbind(arms, scores$y0, scores$y6)))
}

# Posterior under the prior |covariance|^-(VISITS + 1)/2, whose Jacobian to these regressions leaves visit v with
# n_v + v - VISITS - 2 degrees of freedom.
draw_regressions <- function(fits) {
  lapply(seq_along(fits), function(v) {
    fit <- fits[[v]]
    variance <- fit$rss / rchisq(1, fit$n + v - VISITS - 2)
    noise <- drop(t(chol(variance * fit$inverse)) %*% rnorm(length(fit$coefficients)))
    list(coefficients = fit$coefficients + noise, sd = sqrt(variance))
  })
}

arm_means <- function(b, running) {
  at_0 <- b[[1]] %*% c(1, running)
  at_6 <- b[[2]] %*% c(1, running, at_0)
  c(at_0, at_6, b[[3]] %*% c(1, running, at_0, at_6))
}

# Fill the later visits of one completed trial; noise is added to what is filled.
fill <- function(scores, b, rule, noise_6 = 0, noise_12 = 0) {
  gone_6 <- is.na(scores$y6)
  gone_12 <- is.na(scores$y12)
  own <- rbind(arm_means(b, 0), arm_means(b, 1))
  # Row of the means that each person follows at each visit; the baseline, always seen, is followed where one was.
  arm <- scores$running + 1
  follow <- cbind(arm, arm, arm)
  if (rule == "jump_to_reference") { follow[gone_6, 2] <- 1; follow[gone_12, 3] <- 1 }
  if (rule == "copy_reference") follow[gone_12, ] <- 1
  mean_of <- function(visit) own[cbind(follow[, visit], visit)]
  y6 <- mean_of(2) + b[[2]][3] * (scores$y0 - mean_of(1)) + noise_6
  y6 <- ifelse(gone_6, y6, scores$y6)
  y12 <- mean_of(3) + b[[3]][3] * (scores$y0 - mean_of(1)) + b[[3]][4] * (y6 - mean_of(2)) + noise_12
  list(y6 = y6, y12 = ifelse(gone_12, y12, scores$y12))
}

analyse <- function(scores, filled, method) {
  if (method == "ancova") x <- cbind(1, scores$running, scores$y0) else x <- cbind(1, scores$running)
  y <- if (method == "ancova") filled else filled - scores$y0
  fit <- lm.fit(x, y)
  residual <- colSums(as.matrix(fit$residuals)^2) / (nrow(x) - ncol(x))
  list(estimate = as.matrix(fit$coefficients)[2, ], variance = residual * solve(crossprod(x))[2, 2])
}

row <- function(data_set, rule, method, week, ...) {
  data.frame(data_set = data_set, rule = rule, method = method, week = week, ...)
}

each_analysis <- function(work) {
  do.call(rbind, lapply(c("ancova", "mmrm"), function(method) do.call(rbind, lapply(c(6, 12), function(week) {
    work(method, week)
  }))))
}

limits <- function(name) {
  scores <- read_scores(name)
  b <- lapply(regressions(scores), `[[`, "coefficients")
  do.call(rbind, lapply(RULES, function(rule) {
    filled <- fill(scores, b, rule)
    each_analysis(function(method, week) {
      found <- analyse(scores, as.matrix(filled[[paste0("y", week)]]), method)
      row(name, rule, method, week, estimate = found$estimate)
    })
  }))
}

direct <- function(name) {
  scores <- read_scores(name)
  fits <- regressions(scores)
  people <- nrow(scores)
  do.call(rbind, lapply(RULES, function(rule) {
    drawn <- lapply(seq_len(DRAWS), function(draw) {
      one <- draw_regressions(fits)
      fill(scores, lapply(one, `[[`, "coefficients"), rule, one[[2]]$sd * rnorm(people), one[[3]]$sd * rnorm(people))
    })
    each_analysis(function(method, week) {
      found <- analyse(scores, vapply(drawn, `[[`, numeric(people), paste0("y", week)), method)
      pooled_row(name, "direct", rule, method, week, found$estimate, found$variance)
    })
  }))
}

pooled_row <- function(name, software, rule, method, week, estimates, variances) {
  row(name, rule, method, week, software = software, imputations = length(estimates), estimate = mean(estimates),
      within = mean(variances), between = var(estimates))
}

# ---- mice: its own normal regressions, and the same with the degrees of freedom of the prior above

mice.impute.conjugate <- function(y, ry, x, wy = NULL, ...) {
  if (is.null(wy)) wy <- !ry
  x <- cbind(1, as.matrix(x))
  fit <- regression(ifelse(ry, y, NA), x)
  variance <- fit$rss / rchisq(1, fit$n - 2)
  beta <- fit$coefficients + drop(t(chol(variance * fit$inverse)) %*% rnorm(ncol(x)))
  drop(x[wy, ] %*% beta) + rnorm(sum(wy)) * sqrt(variance)
}

chained <- function(name, kind) {
  scores <- read_scores(name)
  imputed <- mice(scores, m = CHAINS, maxit = 20, method = kind, printFlag = FALSE)
  completed <- lapply(seq_len(CHAINS), function(one) complete(imputed, one))
  each_analysis(function(method, week) {
    found <- lapply(completed, function(one) analyse(one, as.matrix(one[[paste0("y", week)]]), method))
    pooled_row(name, kind, "mar", method, week, vapply(found, `[[`, 0, "estimate"), vapply(found, `[[`, 0, "variance"))
  })
}

set.seed(2013)
written <- list(
  versions = c(list(R = paste(R.version$major, R.version$minor, sep = ".")),
               sapply(c("mice", "mitools"), function(name) as.character(packageVersion(name)), simplify = FALSE)),
  pooled = pooled,
  limits = limits("dropout"),
  draws = direct("dropout"),
  chained = do.call(rbind, Map(chained, c("mcar", "mcar", "null_2_trial_0"), c("conjugate", "norm", "conjugate")))
)
rownames(written$chained) <- NULL
write_json(written, file.path(folder, "imputation_references.json"), digits = NA, pretty = TRUE, auto_unbox = TRUE)
